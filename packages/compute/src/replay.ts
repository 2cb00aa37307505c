import { type ExecutionState, MAX_ATTACHED_BYTES, type Message, progressOf } from "@gadus/protocol";
import type { Context } from "./context.ts";
import { publishMessage } from "./publish-result.ts";
import type { StoredExecution } from "./records.ts";

/**
 * Every message that took an execution, or ended it, after `from`: what a requester that is there has missed.
 *
 * They come in the order of the arrows, so that it can follow each. None, where it is as far or further.
 */
export async function messagesSince(
  context: Context,
  stored: StoredExecution,
  from: ExecutionState,
): Promise<readonly Message[]> {
  const { execution, ask } = stored;
  const { executionId, deadlineMs, failure, state } = execution;
  const behind = progressOf(from);
  if (behind === undefined || state === from) return [];
  const messages: Message[] = [];
  const reached = progressOf(state) ?? progressBeforeEnd(stored);
  const missed = (step: ExecutionState): boolean => isBetween(step, behind, reached);
  if (missed("offered")) {
    const { boxPublicKey, options, clock } = context;
    const leaseMs = state === "offered" ? Math.max(0, deadlineMs - clock.nowMs()) : options.leaseMs;
    messages.push({ type: "bid", executionId, boxPublicKey, leaseMs, has: [...ask.has] });
  }
  if (missed("running")) messages.push({ type: "start", executionId });
  if (missed("proposed") && execution.sealed !== undefined) {
    messages.push({ type: "propose", executionId, sealed: execution.sealed });
  }
  if (state === "published") {
    const { publication, proposal } = execution;
    const cid = proposal?.cid ?? "";
    const blocks = await context.content.blocksOf(cid, MAX_ATTACHED_BYTES).catch(() => undefined);
    if (publication !== undefined) messages.push(publishMessage(executionId, publication, blocks ?? []));
  } else if (progressOf(state) === undefined) {
    const {
      code,
      message: reason,
      blame,
    } = failure ?? {
      code: "compute/already-ended",
      message: `Cannot go on with the execution: here it is ${state}`,
      blame: "nobody",
    };
    messages.push({ type: "fail", executionId, code, reason, blame });
  }
  return messages;
}

/** Answers a repeated or a late message with what its author has missed since `from`. */
export async function replay(context: Context, stored: StoredExecution, from: ExecutionState): Promise<void> {
  context.metrics.ignored.add(1, { reason: "repeated" });
  await context.step([], stored.execution.requester, await messagesSince(context, stored, from));
}

/** How far an execution was that has ended otherwise than published. */
function progressBeforeEnd({ execution, acceptance }: StoredExecution): number {
  if (execution.verdict !== undefined) return progressOf("verified") ?? 0;
  if (execution.sealed !== undefined) return progressOf("proposed") ?? 0;
  if (execution.runs > 0) return progressOf("running") ?? 0;
  return progressOf(acceptance === undefined ? "offered" : "accepted") ?? 0;
}

function isBetween(step: ExecutionState, behind: number, reached: number): boolean {
  const progress = progressOf(step) ?? 0;
  return progress > behind && progress <= reached;
}
