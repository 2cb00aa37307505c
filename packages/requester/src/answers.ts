import { isTerminal, messageOf, type MessageOf, next, fromHex, toHex } from "@gadus/protocol";
import type { Verifier } from "@gadus/verifier";
import { failureOf } from "./effects.ts";
import type { JobDraft } from "./job-draft.ts";
import { timesOf } from "./job-times.ts";
import type { TaskCache } from "./letters.ts";
import type { RequesterOptions } from "./options.ts";
import type { ProgressNotes } from "./progress-notes.ts";
import type { ExecutionRecord } from "./records.ts";

/** What a compute node says about one execution. */
export type Answer = MessageOf<"bid" | "decline" | "start" | "progress" | "propose" | "publish" | "fail">;

/** What answers are taken with. */
export interface AnswerContext {
  readonly draft: JobDraft;
  readonly tasks: TaskCache | undefined;
  readonly verifiers: ReadonlyMap<string, Verifier>;
  readonly requester: string;
  readonly options: RequesterOptions;
  readonly progress: ProgressNotes;
  /** Keeps the blocks that rode along with a publication until it is checked. */
  keepBlocks(executionId: string, blocks: MessageOf<"publish">["blocks"]): void;
}

const MAX_LEASE_MS = 3_600_000;

/**
 * Takes what the node of `execution` says of it, as far as the protocol allows; anything else changes nothing.
 *
 * Answers whether it was legal.
 */
export async function takeAnswer(
  execution: ExecutionRecord,
  answer: Answer,
  context: AnswerContext,
): Promise<boolean> {
  if (answer.type === "progress") return context.progress.take(execution, answer.message, context.draft);
  const state = next(execution.state, answer.type, "compute");
  if (state === undefined) return false;
  const { draft, options } = context;
  switch (answer.type) {
    case "bid": {
      const deadlineMs = draft.nowMs + Math.min(answer.leaseMs, MAX_LEASE_MS);
      const boxPublicKey = toHex(answer.boxPublicKey);
      draft.changeExecution(execution.id, { state, boxPublicKey, has: answer.has, deadlineMs });
      break;
    }
    case "decline":
    case "fail": {
      const blame = answer.type === "fail" ? answer.blame : "nobody";
      const failure = { code: answer.code, message: answer.reason, blame };
      draft.changeExecution(execution.id, { state, failure });
      break;
    }
    case "start": {
      const { executionMs, proposeMs } = timesOf(draft.job.spec, options);
      const runMs = context.tasks?.task(execution.partition).terms.executionTimeoutMs ?? executionMs;
      draft.changeExecution(execution.id, { state, deadlineMs: draft.nowMs + runMs + proposeMs });
      break;
    }
    case "propose":
      return takeProposal(execution, answer.sealed, context);
    case "publish":
      draft.changeExecution(execution.id, { state, publication: answer.publication });
      context.keepBlocks(execution.id, answer.blocks);
      break;
  }
  draft.noteState(
    execution,
    state,
    "reason" in answer && answer.reason !== "" ? answer.reason : TEXTS[answer.type],
  );
  return true;
}

/** Takes it that the node of an execution doesn't know it any more. */
export function loseExecution(draft: JobDraft, executionId: string): void {
  const execution = draft.execution(executionId);
  if (execution === undefined || isTerminal(execution.state)) return;
  const failure = { code: "requester/lost-execution", message: "Its node lost it", blame: "nobody" } as const;
  draft.changeExecution(executionId, { state: "failed", failure });
  draft.noteState(execution, "failed", failure.message);
}

/** Takes it that the node that was asked can't be reached. */
export function noteUnreachable(draft: JobDraft, execution: ExecutionRecord, error: unknown): void {
  const failure = failureOf(error, "requester/no-answer");
  draft.changeExecution(execution.id, { state: "failed", failure });
  draft.noteState(execution, "failed", failure.message);
}

const TEXTS: Readonly<Record<Exclude<Answer["type"], "progress">, string>> = {
  bid: "Bid received",
  decline: "Declined",
  start: "Running",
  propose: "Proposal received",
  publish: "Result published",
  fail: "Failed",
};

async function takeProposal(
  execution: ExecutionRecord,
  sealed: Uint8Array,
  context: AnswerContext,
): Promise<boolean> {
  const { draft, tasks, verifiers, requester } = context;
  const verifier = verifiers.get(draft.job.spec.verifier.type);
  if (tasks === undefined || verifier === undefined || execution.boxPublicKey === undefined) return false;
  try {
    const binding = await tasks.binding(execution, requester);
    const opened = await verifier.open(sealed, { binding, boxPublicKey: fromHex(execution.boxPublicKey) });
    const proposal = { ...opened.proposal, statement: opened.statement };
    draft.changeExecution(execution.id, { state: "proposed", proposal });
    draft.noteState(execution, "proposed", TEXTS.propose);
  } catch (error) {
    const failure = { ...failureOf(error, "verifier/unreadable-proposal"), blame: "node" } as const;
    draft.changeExecution(execution.id, { state: "failed", failure });
    draft.noteState(execution, "failed", `Proposal refused: ${messageOf(error)}`);
    draft.told.add(execution.id);
  }
  return true;
}
