import { EMPTY_RESULTS_DIGEST } from "@gadus/protocol";
import type { Evidence, Judgement, Proposal } from "./verifier.ts";

/**
 * Judges a partition by comparing its proposals.
 *
 * They are grouped by digest and CID. The largest group wins, unless it ties for largest, is a lone execution where
 * more than one ran, is smaller than the confidence, or is the empty digest. A group that wins whatever the
 * executions still pending may do (propose anything, or nothing) wins at once.
 */
export function judgeProposals(evidence: Evidence): Judgement {
  const tally = count(evidence.proposals);
  const { pending, ran } = evidence;
  const needed = evidence.confidence ?? moreThanHalf(tally.proposals + pending);
  if (tally.largest !== undefined && wins(tally, needed, ran, pending)) {
    const agree = agreement(tally.size, tally.proposals, needed);
    const reason = pending === 0 ? agree : `${agree}; what is still to come can't change that`;
    const winner = proposalOf(tally.largest);
    return { kind: "verdict", verdict: { winner, counted: tally.proposals, reason } };
  }
  if (pending > 0) return { kind: "wait" };
  return {
    kind: "more",
    more: missing(tally, evidence.confidence, ran),
    reason: whyNobody(tally, needed, ran),
  };
}

/** Proposals of one and the same result. */
type Group = readonly [Proposal, ...Proposal[]];

interface Tally {
  readonly proposals: number;
  /** The members of the largest group, the empty digest's among them; undefined where there are no proposals. */
  readonly largest: Group | undefined;
  readonly size: number;
  readonly secondSize: number;
  /** Groups as large as the largest, itself included. */
  readonly tied: number;
  readonly isEmpty: boolean;
  /** The size of the largest group that may win: 0 where all are empty. */
  readonly candidateSize: number;
}

function count(proposals: readonly Proposal[]): Tally {
  const byResult = new Map<string, [Proposal, ...Proposal[]]>();
  for (const proposal of proposals) {
    const key = JSON.stringify([proposal.digest, proposal.cid]);
    const group = byResult.get(key);
    if (group === undefined) byResult.set(key, [proposal]);
    else group.push(proposal);
  }
  const groups = [...byResult.values()].sort((a, b) => b.length - a.length);
  const size = groups[0]?.length ?? 0;
  return {
    proposals: proposals.length,
    largest: groups[0],
    size,
    secondSize: groups[1]?.length ?? 0,
    tied: groups.filter((group) => group.length === size).length,
    isEmpty: groups[0] !== undefined && isEmpty(groups[0]),
    candidateSize: groups.find((group) => !isEmpty(group))?.length ?? 0,
  };
}

/**
 * Whether the largest group wins however `pending` more executions end.
 *
 * The worst that they can do: all join the runner-up, or some new result; none joins this one; each counts as run.
 */
function wins(tally: Tally, needed: number, ran: number, pending: number): boolean {
  const lone = tally.size === 1 && ran + pending > 1;
  return !tally.isEmpty && !lone && tally.size > tally.secondSize + pending && tally.size >= needed;
}

/** How many further executions that all agree, at the least, would make somebody win. */
function missing(tally: Tally, confidence: number | undefined, ran: number): number {
  const size = tally.candidateSize;
  const rival = tally.isEmpty ? tally.size : tally.secondSize;
  const toLead = rival - size + 1;
  const toSuffice = (confidence ?? tally.proposals - size + 1) - size;
  const toNotBeAlone = size === 0 && ran > 0 ? 2 : 1;
  return Math.max(toNotBeAlone, toLead, toSuffice);
}

function whyNobody(tally: Tally, needed: number, ran: number): string {
  const { proposals, size, tied } = tally;
  if (proposals === 0) {
    return ran === 0 ? "no execution ran" : `no result was proposed by the ${ran} executions that ran`;
  }
  if (tied > 1) return `${tied} different results tie, with ${size} of ${proposals} proposals each`;
  if (tally.isEmpty)
    return `${size} of ${proposals} proposals have no files, which is never taken for a result`;
  if (size === 1 && ran > 1)
    return `1 of ${ran} executions that ran proposed a result, and no other confirms it`;
  return agreement(size, proposals, needed);
}

function agreement(size: number, proposals: number, needed: number): string {
  const agree = size === 1 ? "agrees" : "agree";
  return `${size} of ${proposals} proposals ${agree}, ${needed} ${needed === 1 ? "is" : "are"} needed`;
}

/** The group's result; where members differ in the size that they claim, the most common, then the smallest. */
function proposalOf(group: Group): Proposal {
  const bySize = [...Map.groupBy(group, ({ sizeBytes }) => sizeBytes)];
  const [common] = bySize.sort(([a, as], [b, bs]) => bs.length - as.length || a - b);
  const [{ digest, cid, sizeBytes }] = group;
  return { digest, cid, sizeBytes: common?.[0] ?? sizeBytes };
}

function isEmpty([first]: Group): boolean {
  return first.digest === EMPTY_RESULTS_DIGEST;
}

function moreThanHalf(total: number): number {
  return Math.floor(total / 2) + 1;
}
