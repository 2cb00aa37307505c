import type { Clock, Failure, MessageOf } from "@gadus/protocol";
import type { Publisher } from "@gadus/publisher";
import { failureOf } from "./effects.ts";
import type { JobDraft } from "./job-draft.ts";
import type { ExecutionRecord } from "./records.ts";
import { RequesterError } from "./requester-error.ts";

/** How long a check may take, and what ends it. */
export interface CheckLimits {
  readonly clock: Clock;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/** Why what an execution published isn't its verified result, or can't be had; undefined where it is good. */
export async function checkPublication(
  publisher: Publisher,
  { publication: location, proposal, nodeId }: ExecutionRecord,
  blocks: MessageOf<"publish">["blocks"],
  { clock, withinMs, signal }: CheckLimits,
): Promise<Failure | undefined> {
  if (location === undefined || proposal === undefined) {
    return { code: "requester/no-publication", message: "Nothing was published", blame: "node" };
  }
  // A node that gives each block at the last moment would hold the job for as long as it likes.
  const late = new AbortController();
  const timer = clock.setTimer(withinMs, () => late.abort(tooLate(withinMs)));
  try {
    const { cid, sizeBytes } = proposal;
    const within = AbortSignal.any([signal, late.signal]);
    await publisher.check({ location, blocks }, { cid, sizeBytes, nodeId }, { signal: within });
    return undefined;
  } catch (error) {
    return failureOf(error, "requester/no-publication");
  } finally {
    timer.cancel();
  }
}

function tooLate(withinMs: number): RequesterError {
  const message = `Cannot fetch what was published: it did not come within ${withinMs / 1000} s (PublishTimeout)`;
  return new RequesterError("requester/no-publication", message, { blame: "node" });
}

/** Writes down what came of the check. */
export function noteCheck(
  draft: JobDraft,
  { id, nodeId }: ExecutionRecord,
  failure: Failure | undefined,
): void {
  // Meanwhile another version of the job may have begun.
  if (draft.execution(id) === undefined) return;
  draft.changeExecution(id, { retrievable: failure === undefined, ...(failure && { failure }) });
  const message =
    failure === undefined ? "Publication checked" : `Publication is not good: ${failure.message}`;
  draft.note({ topic: "execution/checked", message, executionId: id, details: { node: nodeId } });
}
