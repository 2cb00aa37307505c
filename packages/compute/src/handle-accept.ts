import {
  commitToDetails,
  equalBytes,
  hashTask,
  MAX_ATTACHED_BYTES,
  type MessageOf,
  openStatement,
} from "@gadus/protocol";
import { advance, deadlineIn, fail, type Move } from "./advance.ts";
import { ComputeError } from "./compute-error.ts";
import { type Context, failureOf } from "./context.ts";
import type { LiveExecution } from "./execution-table.ts";
import type { AcceptanceRecord } from "./records.ts";
import { replay } from "./replay.ts";
import { bindingOf } from "./run-execution.ts";
import { beginAll, dropPreparation, launchRun, prepareBegin } from "./work.ts";

type Accept = MessageOf<"accept">;

/**
 * Takes an acceptance: begins the execution where it fits now, and otherwise queues it.
 *
 * One that isn't what the ask promised, or isn't signed by the requester, ends the reservation.
 */
export async function handleAccept(context: Context, live: LiveExecution, accept: Accept): Promise<void> {
  if (live.stored.execution.state !== "offered") return replay(context, live.stored, "accepted");
  if (context.isStopping()) return;
  let acceptance: AcceptanceRecord;
  try {
    acceptance = await checkAcceptance(context, live, accept);
  } catch (error) {
    context.metrics.ignored.add(1, { reason: "invalid-acceptance" });
    const { message } = failureOf(error);
    await fail(context, live, { code: "compute/invalid-acceptance", message, blame: "job" });
    return;
  }
  await take(context, live, accept, acceptance);
}

async function take(
  context: Context,
  live: LiveExecution,
  accept: Accept,
  acceptance: AcceptanceRecord,
): Promise<void> {
  const { capacity } = context;
  const { executionId, runs } = live.stored.execution;
  const acceptedAtMs = context.clock.nowMs();
  const blocks = keepBlocks(context, accept);
  blocks.catch(() => {});
  capacity.enqueue(live.key, acceptedAtMs);
  const started = capacity.takeStartable();
  const startsNow = started.includes(live.key);
  beginAll(
    context,
    started.filter((key) => key !== live.key),
  );
  const moves: Move[] = [
    {
      event: "accept",
      by: "requester",
      acceptance,
      change: { acceptedAtMs, deadlineMs: deadlineIn(context, accept.proposeWithinMs) },
    },
  ];
  if (startsNow) moves.push({ event: "start", by: "compute", change: { runs: runs + 1 } });
  const preparation = startsNow ? prepareBegin(context, { ...live.stored, acceptance }, blocks) : undefined;
  try {
    await advance(context, live, moves, startsNow ? [{ type: "start", executionId }] : []);
  } catch (error) {
    if (preparation !== undefined) await dropPreparation(context, live, preparation, error);
    capacity.unaccept(live.key);
    context.freed();
    throw error;
  }
  if (preparation !== undefined) await launchRun(context, live, preparation);
  else await blocks.catch((error: unknown) => fail(context, live, failureOf(error)));
  context.freed();
}

/** The acceptance, if it is of exactly what was asked, and signed by who asked. */
async function checkAcceptance(
  context: Context,
  { stored }: LiveExecution,
  { details, salt, statement, blocks }: Accept,
): Promise<AcceptanceRecord> {
  const { ask, execution } = stored;
  const attachedBytes = blocks.reduce((sum, block) => sum + block.bytes.length, 0);
  if (attachedBytes > MAX_ATTACHED_BYTES) {
    throw invalid(`its blocks are ${attachedBytes} bytes, more than ${MAX_ATTACHED_BYTES}`);
  }
  if (details.mounts.length !== ask.terms.inputs.length) {
    throw invalid(`it mounts ${details.mounts.length} inputs, and the ask has ${ask.terms.inputs.length}`);
  }
  const [commitment, taskHash] = await Promise.all([
    commitToDetails(details, salt),
    hashTask({ terms: ask.terms, details }),
  ]);
  if (!equalBytes(commitment, ask.commitment))
    throw invalid("its details are not those that the ask promised");
  const binding = bindingOf(context, execution, taskHash);
  await openStatement(context.identity, statement, {
    ...binding,
    author: execution.requester,
    kind: "acceptance",
  });
  return { details, salt, statement, taskHash };
}

async function keepBlocks(context: Context, { blocks }: Accept): Promise<void> {
  if (blocks.length > 0) await context.content.putBlocks(blocks);
}

function invalid(state: string): ComputeError {
  return new ComputeError("compute/invalid-acceptance", `Cannot take the acceptance: ${state}`, {
    blame: "job",
  });
}
