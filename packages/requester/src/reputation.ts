import type { ExecutionRecord } from "./records.ts";

/** How an execution ended, as far as it tells something of its node. */
export const OUTCOMES = ["verified", "refuted", "failed", "late"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What this requester saw of a node: how often each happened, older ones counting less and less. */
export interface Reputation extends Readonly<Record<Outcome, number>> {
  readonly nodeId: string;
  /** When something was seen last, by this requester's clock; the counts are as of then. */
  readonly observedAtMs: number;
}

/** Something that was seen of a node. */
export interface Observation {
  readonly nodeId: string;
  readonly outcome: Outcome;
  readonly atMs: number;
  /** What is this old counts half. */
  readonly halfLifeMs: number;
}

/** How a node stands, from best to worst. */
export type Band = "good" | "neutral" | "poor" | "refuted";

/** A refutation counts one, and less as it ages: at this many a node is called refuted. */
const REFUTED_LATELY = 0.5;
const GOOD_SCORE = 0.6;
const POOR_SCORE = 0.4;
/** A wrong result weighs as much as this many that never came. */
const REFUTED_WEIGHT = 4;

/** Ends that a node has missed a time for, or was gone too long for, by the code that the requester gives them. */
const LATE_CODES: ReadonlySet<string> = new Set([
  "requester/no-answer",
  "requester/timed-out",
  "requester/node-lost",
]);

/** What is known of a node once `observation` was made. */
export function observe(before: Reputation | undefined, observation: Observation): Reputation {
  const { nodeId, outcome, atMs, halfLifeMs } = observation;
  const now = before === undefined ? unknownNode(nodeId, atMs) : decay(before, atMs, halfLifeMs);
  return { ...now, [outcome]: now[outcome] + 1 };
}

/** The counts as of `nowMs`. A clock that went back makes nothing count more. */
export function decay(reputation: Reputation, nowMs: number, halfLifeMs: number): Reputation {
  const ageMs = nowMs - reputation.observedAtMs;
  if (ageMs <= 0) return reputation;
  const left = 0.5 ** (ageMs / halfLifeMs);
  return {
    nodeId: reputation.nodeId,
    observedAtMs: nowMs,
    verified: reputation.verified * left,
    refuted: reputation.refuted * left,
    failed: reputation.failed * left,
    late: reputation.late * left,
  };
}

/** From 0 to 1, how likely the next execution goes well: 0.5 of a node that nothing is known of. */
export function scoreOf({ verified, refuted, failed, late }: Readonly<Record<Outcome, number>>): number {
  return (verified + 1) / (verified + REFUTED_WEIGHT * refuted + failed + late + 2);
}

/** Where a node with this reputation stands; one without any is neutral. */
export function bandOf(reputation: Reputation | undefined): Band {
  if (reputation === undefined) return "neutral";
  if (reputation.refuted >= REFUTED_LATELY) return "refuted";
  const score = scoreOf(reputation);
  if (score > GOOD_SCORE) return "good";
  return score < POOR_SCORE ? "poor" : "neutral";
}

/**
 * What the change of an execution from `before` to `after` tells of its node; undefined where it tells nothing.
 *
 * What the job or nobody is to blame for costs no node anything, but for times that were missed. The same record
 * twice tells nothing: each end counts once, with the write that it comes from.
 */
export function outcomeOf(before: ExecutionRecord | undefined, after: ExecutionRecord): Outcome | undefined {
  const { state, failure } = after;
  if (state !== before?.state) {
    if (state === "verified" || state === "refuted") return state;
    return state === "failed" ? outcomeOfFailure(failure) : undefined;
  }
  const isFoundBad = before.retrievable === undefined && after.retrievable === false;
  return isFoundBad ? outcomeOfFailure(failure) : undefined;
}

function outcomeOfFailure(failure: ExecutionRecord["failure"]): Outcome | undefined {
  if (failure === undefined) return undefined;
  if (LATE_CODES.has(failure.code)) return "late";
  return failure.blame === "node" ? "failed" : undefined;
}

function unknownNode(nodeId: string, observedAtMs: number): Reputation {
  return { nodeId, observedAtMs, verified: 0, refuted: 0, failed: 0, late: 0 };
}
