import type { StoredJob } from "@gadus/requester";
import type { Surroundings } from "./surroundings.ts";

/** What an honest node may be blamed for: it was late, or wasn't there, and nobody can tell why. */
const EXCUSABLE: ReadonlySet<string> = new Set([
  "requester/timed-out",
  "compute/publication-late",
  "publisher/not-retrievable",
  "requester/no-publication",
  "requester/refuted",
]);

/** No honest node is blamed for what it can't help: a job's inputs, a full disk, or its own death. */
export function judgeBlame(
  { checks }: Surroundings,
  { executions }: StoredJob,
  liars: ReadonlySet<string>,
): void {
  for (const { id, nodeId, failure } of executions) {
    if (failure?.blame !== "node" || liars.has(nodeId) || EXCUSABLE.has(failure.code)) continue;
    checks.fail("no honest node is blamed", `${id} of ${nodeId}: ${failure.code}: ${failure.message}`);
  }
}
