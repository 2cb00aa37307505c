import type { ExecutionState } from "@gadus/protocol";
import type { JobDraft } from "./job-draft.ts";

/** Moves that a node, or a submitter, is promised something by; of the other ends nothing follows. */
const PROMISED: readonly ExecutionState[] = ["asked", "accepted", "verified", "refuted"];

/** Whether anything that leaves after this step must not be taken back by a power loss. */
export function isPromised(draft: JobDraft): boolean {
  if (draft.isNew || draft.isStopped) return true;
  const told = Array.from(draft.told, (id) => draft.execution(id)?.state);
  return told.some((state) => state !== undefined && PROMISED.includes(state));
}
