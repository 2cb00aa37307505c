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

  get(id: string): Place | undefined {
    return this.#places.get(id);
  }

  /** Takes up those of `view` that live, and forgets those that have ended. */
  index({ job, executions }: StoredJob): void {
    for (const { id, nodeId, state } of executions) {
      if (isTerminal(state)) this.#places.delete(id);
      else if (!this.#places.has(id)) this.#places.set(id, { jobId: job.jobId, nodeId });
    }
  }

  clear(): void {
    this.#places.clear();
  }

  /** What to tell each node, or only `nodeId`, of how far each of its executions is. */
  *syncs(
    stateOf: (id: string) => Standing["state"] | undefined,
    nodeId?: string,
  ): Generator<readonly [to: string, message: Message]> {
    const byNode = new Map<string, Standing[]>();
    for (const [id, place] of this.#places) {
      if (nodeId !== undefined && place.nodeId !== nodeId) continue;
      const state = stateOf(id);
      if (state === undefined) continue;
      const known = byNode.get(place.nodeId);
      if (known === undefined) byNode.set(place.nodeId, [{ id, state }]);
      else known.push({ id, state });
    }
    for (const [to, standings] of byNode) {
      for (let at = 0; at < standings.length; at += MAX_SYNC_EXECUTIONS) {
        const executions = standings.slice(at, at + MAX_SYNC_EXECUTIONS);
        yield [to, { type: "sync", party: "requester", executions }];
      }
    }
  }
}
