import { plainText } from "@gadus/protocol";
import type { JobDraft } from "./job-draft.ts";
import type { ExecutionRecord } from "./records.ts";

/** As long as a message of progress is. */
const MAX_LENGTH = 256;
/** Messages of progress that are taken of one execution; those beyond are dropped, so that no node fills the store. */
export const MAX_PROGRESS_NOTES = 100;

/** What the nodes of one job told of their progress since it was taken up, counted for each of its executions. */
export class ProgressNotes {
  readonly #told = new Map<string, { readonly count: number; readonly last: string }>();

  /** Whether a message is of no use any more, so that a node that floods costs nothing. */
  drops({ type, executionId }: { readonly type: string; readonly executionId: string }): boolean {
    return type === "progress" && (this.#told.get(executionId)?.count ?? 0) >= MAX_PROGRESS_NOTES;
  }

  /** Notes what a node does before its task begins; answers whether that was legal. */
  take({ id, state }: ExecutionRecord, message: string, draft: JobDraft): boolean {
    const { count, last } = this.#told.get(id) ?? { count: 0, last: "" };
    const text = plainText(message, MAX_LENGTH);
    this.#told.set(id, { count: count + 1, last: text });
    if (count >= MAX_PROGRESS_NOTES || (state !== "accepted" && state !== "running")) return false;
    if (text !== "" && text !== last) {
      draft.note({ topic: "execution/progress", message: text, executionId: id });
    }
    return true;
  }
}
