import { isTerminal, type JobDocument } from "@gadus/protocol";
import { applyEffect, type EffectContext, type EffectPorts } from "./effects.ts";
import { move } from "./expire.ts";
import type { JobDraft, Note } from "./job-draft.ts";
import { isFinal, statusOf } from "./job-status.ts";
import type { StoredJob } from "./store.ts";

/** The next version of a job. */
export interface NextVersion {
  readonly view: StoredJob;
  readonly document: JobDocument;
  /** That of the version before. */
  readonly formerDocument: JobDocument;
  /** What is said of it in the new version's history. */
  readonly note: Note;
}

/** Ends every execution of this version, leaves it behind as it is then, and begins the next, all in one step. */
export async function renewJob(
  next: NextVersion,
  {
    draft,
    context,
    ports,
  }: {
    readonly draft: JobDraft;
    readonly context: EffectContext;
    readonly ports: EffectPorts;
  },
): Promise<void> {
  const reason = `Version ${next.view.job.jobVersion} of the job took its place`;
  const failure = { code: "requester/superseded", message: reason, blame: "nobody" } as const;
  const isOver = isFinal(statusOf(draft.view));
  for (const execution of draft.view.executions) {
    if (!isTerminal(execution.state)) await applyEffect(move(execution, "cancel", failure), context, ports);
  }
  draft.changeJob({ closed: true, ...(!isOver && { desired: "stop", stopReason: reason }) });
  draft.renew(next.view, next.document, next.formerDocument);
  draft.note(next.note);
}
