import {
  type ExecutionEvent,
  type ExecutionState,
  type Failure,
  isTerminal,
  type Message,
  next,
  type Party,
} from "@gadus/protocol";
import { ComputeError } from "./compute-error.ts";
import { type Context, failureOf } from "./context.ts";
import { endExecution } from "./end-execution.ts";
import type { LiveExecution } from "./execution-table.ts";
import type { AcceptanceRecord, ExecutionRecord } from "./records.ts";
import type { ComputeWrite } from "./store.ts";

/** One arrow of the protocol, with what becomes known by it. */
export interface Move {
  readonly event: ExecutionEvent;
  readonly by: Party;
  readonly change?: Partial<ExecutionRecord>;
  readonly acceptance?: AcceptanceRecord;
  /** For the event's row. */
  readonly reason?: string;
}

const TOPICS: { readonly [E in ExecutionEvent]: readonly [topic: string, message: string] } = {
  bid: ["Bid", "Offered to run it"],
  decline: ["Bid", "Declined to run it"],
  accept: ["Acceptance", "The requester accepted the bid"],
  reject: ["Acceptance", "The requester rejected the bid"],
  start: ["Execution", "Started"],
  propose: ["Execution", "Ran, and proposed its result"],
  verify: ["Verdict", "The result was verified"],
  refute: ["Verdict", "The result was refuted"],
  publish: ["Publication", "The result was published"],
  fail: ["Execution", "Failed"],
  cancel: ["Execution", "Cancelled by the requester"],
};

/**
 * What something is promised on: it must survive a power loss before anyone hears of it. A publication's pins do
 * already, and its files stay until it does; of the other ends nothing follows.
 */
const PROMISES: ReadonlySet<ExecutionEvent> = new Set(["bid", "accept", "start", "propose", "verify"]);

/**
 * Takes an execution along the arrows of `moves`, all or none, and then tells its requester `messages`.
 *
 * Answers false, without effect, where the protocol forbids it. Runs inside the execution's serial queue.
 */
export async function advance(
  context: Context,
  live: LiveExecution,
  moves: readonly Move[],
  messages: readonly Message[] = [],
): Promise<boolean> {
  const nowMs = context.clock.nowMs();
  let { execution, acceptance } = live.stored;
  const writes: ComputeWrite[] = [];
  for (const move of moves) {
    const state = next(execution.state, move.event, move.by);
    if (state === undefined) {
      context.metrics.ignored.add(1, { reason: "illegal" });
      return false;
    }
    execution = changed(execution, { ...move.change, state }, nowMs);
    acceptance = move.acceptance ?? acceptance;
    writes.push(
      { kind: "execution", execution, ...(move.acceptance !== undefined && { acceptance: move.acceptance }) },
      eventOf(execution, TOPICS[move.event], move.reason, nowMs),
    );
  }
  const durable = moves.some((move) => PROMISES.has(move.event));
  await context.step(writes, execution.requester, messages, { durable });
  live.stored = { ...live.stored, execution, acceptance };
  if (isTerminal(execution.state)) endExecution(context, live);
  else armDeadline(context, live);
  for (const tell of live.watchers) tell();
  return true;
}

/** Writes down what isn't an arrow of the protocol: the state stays. */
export async function note(
  context: Context,
  live: Pick<LiveExecution, "stored">,
  change: Partial<Omit<ExecutionRecord, "state">>,
  topic: string,
  message: string,
): Promise<void> {
  const nowMs = context.clock.nowMs();
  const execution = changed(live.stored.execution, change, nowMs);
  const writes = [
    { kind: "execution" as const, execution },
    eventOf(execution, [topic, message], undefined, nowMs),
  ];
  await context.step(writes, execution.requester, []);
  live.stored = { ...live.stored, execution };
}

/** The rows with which an execution begins: its reservation. */
export function firstWrites(
  execution: ExecutionRecord,
  ask: NonNullable<LiveExecution["stored"]>["ask"],
): ComputeWrite[] {
  return [
    { kind: "execution", execution, ask },
    eventOf(execution, TOPICS.bid, undefined, execution.createdAtMs),
  ];
}

/** Ends an execution as failed, and tells its requester why. */
export async function fail(context: Context, live: LiveExecution, failure: Failure): Promise<boolean> {
  const { executionId } = live.stored.execution;
  const { code, message: reason, blame } = failure;
  return advance(
    context,
    live,
    [{ event: "fail", by: "compute", change: { failure }, reason }],
    [{ type: "fail", executionId, code, reason, blame }],
  );
}

/** Sets the timer that ends an execution at its deadline. */
export function armDeadline(context: Context, live: LiveExecution): void {
  const { deadlineMs, revision } = live.stored.execution;
  setTimer(context, live, Math.max(0, deadlineMs - context.clock.nowMs()), revision);
}

function setTimer(context: Context, live: LiveExecution, delayMs: number, revision: number): void {
  live.timer?.cancel();
  live.timer = context.clock.setTimer(Math.min(delayMs, context.options.maxHoldMs), () => {
    if (context.isStopping()) return;
    context.background(
      "expire",
      context.serial.run(live.key, () => expire(context, live, revision)),
    );
  });
}

async function expire(context: Context, live: LiveExecution, revision: number): Promise<void> {
  const { execution } = live.stored;
  const isHere = context.table.get(live.key) === live;
  if (!isHere || context.isStopping() || execution.revision !== revision) return;
  try {
    await fail(context, live, lateFailure(execution.state));
  } catch (error) {
    context.logger.error("cannot end an execution", { execution: live.key, ...failureOf(error) });
    setTimer(context, live, context.options.retryMs, revision);
  }
}

function lateFailure(state: ExecutionState): Failure {
  const failure = (error: ComputeError): Failure => failureOf(error);
  switch (state) {
    case "offered":
      return failure(
        new ComputeError(
          "compute/lease-expired",
          "Cannot hold the reservation: the requester didn't accept in time",
        ),
      );
    case "proposed":
      return failure(
        new ComputeError(
          "compute/verdict-late",
          "Cannot keep the result: the requester gave no verdict in time",
        ),
      );
    case "verified":
      return failure(
        new ComputeError("compute/publication-late", "Cannot publish the result: its time is over", {
          blame: "node",
        }),
      );
    default:
      return failure(
        new ComputeError(
          "compute/proposal-late",
          "Cannot propose a result: the requester's time for it is over",
        ),
      );
  }
}

function changed(
  execution: ExecutionRecord,
  change: Partial<ExecutionRecord>,
  nowMs: number,
): ExecutionRecord {
  const state = change.state ?? execution.state;
  return {
    ...execution,
    ...change,
    revision: execution.revision + 1,
    modifiedAtMs: nowMs,
    endedAtMs: isTerminal(state) ? (execution.endedAtMs ?? nowMs) : undefined,
  };
}

function eventOf(
  execution: ExecutionRecord,
  [topic, message]: readonly [string, string],
  reason: string | undefined,
  atMs: number,
): ComputeWrite {
  const { requester, executionId, namespace, jobId, partition, state } = execution;
  const details = { state, ...(reason !== undefined && { reason }) };
  const event = { requester, executionId, namespace, jobId, partition, topic, message, details, atMs };
  return { kind: "event", event };
}

/** When a state that is held for `durationMs` from now ends, by this node's clock. */
export function deadlineIn(context: Context, durationMs: number): number {
  return context.clock.nowMs() + Math.min(durationMs, context.options.maxHoldMs);
}
