import { messageOf, type MessageOf, type TaskTerms } from "@gadus/protocol";
import type { Admission } from "@gadus/executor";
import type { Availability } from "@gadus/storage";
import { armDeadline, deadlineIn, firstWrites } from "./advance.ts";
import { checkFindings, checkLoad, checkRules, type Decline, type Findings } from "./bid.ts";
import { ComputeError } from "./compute-error.ts";
import { type Context, failureOf } from "./context.ts";
import { isExecutionId, keyOf, makeLive } from "./execution-table.ts";
import type { AskRecord, ExecutionRecord } from "./records.ts";
import { replay } from "./replay.ts";
import { withDeadline } from "./with-deadline.ts";

type Ask = MessageOf<"ask">;

/** Decides on an ask: a bid, once its reservation is durable, or the first reason against one. */
export async function handleAsk(context: Context, from: string, ask: Ask): Promise<void> {
  const key = keyOf(from, ask.executionId);
  const known =
    context.table.get(key)?.stored ??
    (context.table.endedOfLate(key) ? await context.store.get(from, ask.executionId) : undefined);
  if (known !== undefined) return replay(context, known, "asked");
  const findings = checkAsk(context, from, ask) ?? (await findOut(context, ask));
  const decline = "code" in findings ? findings : decideOn(context, from, ask, findings);
  if (decline === undefined) return reserve(context, from, ask, "has" in findings ? findings.has : []);
  return declineAsk(context, from, ask, decline);
}

/** Answers that this node doesn't bid. */
export async function declineAsk(
  context: Context,
  from: string,
  { executionId }: Ask,
  { code, reason }: Decline,
): Promise<void> {
  context.metrics.declines.add(1, { code });
  await context.step([], from, [{ type: "decline", executionId, code, reason: reason.slice(0, 4096) }]);
}

interface Found extends Findings {
  /** What is here already: CIDs of inputs, and the image by its reference. */
  readonly has: readonly string[];
}

function checkAsk(context: Context, from: string, { executionId, terms }: Ask): Decline | undefined {
  if (context.isStopping()) return { code: "compute/stopping", reason: "This node is being stopped" };
  if (isExecutionId(executionId))
    return checkRules(terms, context.support, context.options) ?? checkPublisher(context, from, terms);
  const reason = `Execution id "${executionId}" has other characters than letters, digits, - and _`;
  return { code: "compute/invalid-ask", reason };
}

/** What a node publishes may be out of some requesters' reach. */
function checkPublisher(context: Context, from: string, { publisher }: TaskTerms): Decline | undefined {
  const refusal = context.publishers.get(publisher)?.refusal(from);
  if (refusal === undefined) return undefined;
  const reason = `It can't publish with "${publisher}" for this requester: ${refusal}`;
  return { code: "compute/unsupported-publisher", reason };
}

function decideOn(context: Context, from: string, { terms }: Ask, findings: Found): Decline | undefined {
  const { capacity, options } = context;
  const load = {
    hasRoom: capacity.hasRoom(terms.resources),
    waiting: capacity.count("offered") + capacity.count("queued"),
    live: capacity.size,
    offeredToRequester: capacity.offeredBy(from),
  };
  return checkFindings(terms, findings) ?? checkLoad(load, options);
}

/** Asks engine and storage, side by side and within a bounded time. */
async function findOut(context: Context, { terms, answerWithinMs }: Ask): Promise<Found | Decline> {
  const timeoutMs = Math.min(context.options.checkTimeoutMs, answerWithinMs);
  const late = (): ComputeError =>
    new ComputeError("compute/too-slow", `Engine and storage took more than ${timeoutMs} ms to look at it`);
  const cids = terms.inputs
    .map(({ source }) => source.params["cid"])
    .filter((cid) => typeof cid === "string");
  try {
    const [admission, inputs, here] = await withDeadline(context.clock, timeoutMs, late, (signal) =>
      Promise.all([
        context.executors.get(terms.engine)?.admit(terms, { signal }),
        Promise.all(terms.inputs.map(({ source }) => checkSource(context, source, signal))),
        Promise.all(cids.map((cid) => context.content.has(cid, { signal }).catch(() => false))),
      ]),
    );
    const has = [...cids.filter((_, index) => here[index]), ...imageHeld(terms, admission)];
    return { admission: admission ?? { admitted: false, reason: "it isn't here" }, inputs, has };
  } catch (error) {
    const code = error instanceof ComputeError ? error.code : "compute/not-admitted";
    return { code, reason: messageOf(error) };
  }
}

/** The name of an image that the engine needn't get first. */
function imageHeld({ image }: TaskTerms, admission: Admission | undefined): readonly string[] {
  const isHeld = admission?.admitted === true && admission.holdsImage === true;
  return isHeld && image?.from === "name" ? [image.reference] : [];
}

async function checkSource(
  context: Context,
  source: Ask["terms"]["inputs"][number]["source"],
  signal: AbortSignal,
): Promise<Availability> {
  const storage = context.sources.get(source.type);
  return storage?.check(source, { signal }) ?? { available: false, reason: "nothing here presents it" };
}

async function reserve(context: Context, from: string, ask: Ask, has: readonly string[]): Promise<void> {
  const { capacity, options, table } = context;
  const record: AskRecord = {
    terms: ask.terms,
    commitment: ask.commitment,
    boxPublicKey: ask.boxPublicKey,
    has,
  };
  const execution = firstRecord(context, from, ask);
  const { resources, priority } = ask.terms;
  const live = makeLive({ execution, ask: record, acceptance: undefined });
  const { executionId } = ask;
  const { boxPublicKey } = context;
  capacity.add({ key: live.key, requester: from, resources, priority }, "offered");
  try {
    await context.step(firstWrites(execution, record), from, [
      { type: "bid", executionId, boxPublicKey, leaseMs: options.leaseMs, has: [...has] },
    ]);
  } catch (error) {
    capacity.release(live.key);
    return whenRefused(context, from, ask, error);
  }
  table.add(live);
  armDeadline(context, live);
  context.metrics.bids.add();
  context.freed();
}

/** The store may know of an execution that ended long ago; then its requester is told how. */
async function whenRefused(context: Context, from: string, ask: Ask, error: unknown): Promise<void> {
  const known = await context.store.get(from, ask.executionId).catch(() => undefined);
  if (known !== undefined) return replay(context, known, "asked");
  context.logger.error("cannot write a reservation down", { ...failureOf(error) });
  return declineAsk(context, from, ask, {
    code: "compute/overloaded",
    reason: "It can't write the reservation down",
  });
}

function firstRecord(context: Context, from: string, { executionId, terms }: Ask): ExecutionRecord {
  const nowMs = context.clock.nowMs();
  return {
    requester: from,
    executionId,
    namespace: "",
    jobId: terms.jobId,
    partition: terms.partition,
    revision: 1,
    state: "offered",
    deadlineMs: deadlineIn(context, context.options.leaseMs),
    runs: 0,
    acceptedAtMs: undefined,
    proposal: undefined,
    sealed: undefined,
    verdict: undefined,
    publication: undefined,
    failure: undefined,
    createdAtMs: nowMs,
    modifiedAtMs: nowMs,
    endedAtMs: undefined,
  };
}
