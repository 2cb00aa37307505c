/** Which nodes serve the results of which executions, by what their blocks are pinned for. */
export class ServedResults {
  readonly #byNode = new Map<string, Set<string>>();

  /** `key` is the execution as its compute node names it. */
  pinned(nodeId: string, key: string): void {
    const keys = this.#byNode.get(nodeId) ?? new Set();
    this.#byNode.set(nodeId, keys.add(key));
  }

  unpinned(nodeId: string, key: string): void {
    this.#byNode.get(nodeId)?.delete(key);
  }

  has(nodeId: string, key: string): boolean {
    return this.#byNode.get(nodeId)?.has(key) ?? false;
  }

  of(nodeId: string): readonly string[] {
    return [...(this.#byNode.get(nodeId) ?? [])];
  }
}

/** Whose execution a compute node's key names. */
export function partsOfKey(key: string): { readonly requester: string; readonly executionId: string } {
  const [requester = "", executionId = ""] = key.split(".");
  return { requester, executionId };
}
