import { isTerminal, MAX_SYNC_EXECUTIONS, type Message, type MessageOf } from "@gadus/protocol";
import type { StoredJob } from "./store.ts";

type Standing = MessageOf<"sync">["executions"][number];

/** Where an execution belongs. */
interface Place {
  readonly jobId: string;
  readonly nodeId: string;
}

/** Live executions: the job and the node of each. */
export class LiveExecutions {
  readonly #places = new Map<string, Place>();
  readonly #byNode = new Map<string, Set<string>>();

  get(id: string): Place | undefined {
    return this.#places.get(id);
  }

  /** Takes up those of `view` that live, and forgets those that have ended. */
  index({ job, executions }: Pick<StoredJob, "job" | "executions">): void {
    for (const { id, nodeId, state } of executions) {
      if (isTerminal(state)) this.#forget(id, nodeId);
      else if (!this.#places.has(id)) {
        this.#places.set(id, { jobId: job.jobId, nodeId });
        const ofNode = this.#byNode.get(nodeId);
        if (ofNode === undefined) this.#byNode.set(nodeId, new Set([id]));
        else ofNode.add(id);
      }
    }
  }

  /** The jobs that have live executions on `nodeId`. */
  jobsOn(nodeId: string): ReadonlySet<string> {
    const ids = this.#byNode.get(nodeId) ?? [];
    return new Set(Array.from(ids, (id) => this.#places.get(id)?.jobId ?? ""));
  }

  clear(): void {
    this.#places.clear();
    this.#byNode.clear();
  }

  /** What to tell each node, or only `nodeId`, of how far each of its executions is. */
  *syncs(
    stateOf: (id: string) => Standing["state"] | undefined,
    nodeId?: string,
  ): Generator<readonly [to: string, message: Message]> {
    for (const [to, ids] of this.#byNode) {
      if (nodeId !== undefined && to !== nodeId) continue;
      const standings = Array.from(ids).flatMap((id): Standing[] => {
        const state = stateOf(id);
        return state === undefined ? [] : [{ id, state }];
      });
      for (let at = 0; at < standings.length; at += MAX_SYNC_EXECUTIONS) {
        const executions = standings.slice(at, at + MAX_SYNC_EXECUTIONS);
        yield [to, { type: "sync", party: "requester", executions }];
      }
    }
  }

  #forget(id: string, nodeId: string): void {
    if (!this.#places.delete(id)) return;
    const ofNode = this.#byNode.get(nodeId);
    ofNode?.delete(id);
    if (ofNode?.size === 0) this.#byNode.delete(nodeId);
  }
}
