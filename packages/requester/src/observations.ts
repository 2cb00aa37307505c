import { findExecution } from "./find-execution.ts";
import { outcomeOf } from "./reputation.ts";
import type { RequesterWrite, StoredJob } from "./store.ts";

/** Something seen of a node, to be stored. */
export type ObservationWrite = Extract<RequesterWrite, { readonly kind: "observation" }>;

/** What `writes`, which lead on from `before`, tell of nodes: to be stored with them, so that it counts once. */
export function observationsOf(
  before: StoredJob,
  writes: readonly RequesterWrite[],
  {
    nowMs,
    reputationHalfLifeMs: halfLifeMs,
  }: { readonly nowMs: number; readonly reputationHalfLifeMs: number },
): readonly ObservationWrite[] {
  return writes.flatMap((write) => {
    if (write.kind !== "execution") return [];
    const { id, nodeId } = write.execution;
    const outcome = outcomeOf(findExecution(before, id), write.execution);
    if (outcome === undefined) return [];
    return [{ kind: "observation" as const, observation: { nodeId, outcome, atMs: nowMs, halfLifeMs } }];
  });
}
