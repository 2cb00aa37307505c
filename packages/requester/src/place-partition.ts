import type { Task } from "@gadus/protocol";
import { askHistory, hadNoRoom, readyAtMs, retryAtMs } from "./ask-history.ts";
import type { Effect } from "./effect.ts";
import { explainRefusals } from "./explain-refusals.ts";
import { nameInBids } from "./image-of.ts";
import { type JobTimes, nameTime, timesOf } from "./job-times.ts";
import { goneSinceMs, heardByMs, type NetworkView } from "./network-view.ts";
import { orderRule } from "./order-nodes.ts";
import { rankNodes, type Ranking } from "./rank-nodes.ts";
import type { ExecutionRecord, JobRecord, PartitionRecord } from "./records.ts";
import { selectBids } from "./select-bids.ts";

/** What placing needs to know of one partition. */
export interface PlaceRequest {
  readonly job: JobRecord;
  readonly task: Task;
  readonly partition: PartitionRecord;
  /** All executions of the partition. */
  readonly executions: readonly ExecutionRecord[];
  /** Nodes that are to blame for a failure of the job, in any partition. */
  readonly blamed: ReadonlySet<string>;
  /** Executions to find, 1 or more. */
  readonly wanted: number;
}

/** What to do to find nodes, or why none can be found any more. */
export type Placement =
  /** `waiting` says, in words, what isn't there; `wakeMs` when to look again though nothing happens. */
  | {
      readonly kind: "effects";
      readonly effects: readonly Effect[];
      readonly waiting?: string;
      readonly wakeMs?: number;
    }
  | { readonly kind: "exhausted"; readonly code: string; readonly state: string };

/** Rounds of asking after which the rest are spread over the time that the job may wait: each leaves records behind. */
const MAX_QUICK_ROUNDS = 250;

/** Decides how to find `wanted` further executions of a partition: ask, wait for bids, choose, or give up. */
export function placePartition(request: PlaceRequest, network: NetworkView, nowMs: number): Placement {
  const { job, executions } = request;
  const engaged = executions.filter((execution) => execution.engaged).length;
  const spare = job.spec.deal.concurrency + network.options.retryLimit - engaged;
  const take = Math.min(request.wanted, spare);
  if (take <= 0) {
    const state = `${engaged} executions were tried, the most allowed`;
    return { kind: "exhausted", code: "requester/no-verdict", state };
  }
  const isHere = ({ nodeId }: ExecutionRecord): boolean => goneSinceMs(network, nodeId) === undefined;
  const asked = executions.filter((each) => each.state === "asked" && isHere(each));
  const offers = executions.filter((each) => each.state === "offered");
  const offered = offers.filter(isHere);
  const chooseByMs = Math.min(...offered.map(halfOfLease));
  const mustWait = asked.some(({ nodeId }) => network.node(nodeId)?.unanswered === 0) && nowMs < chooseByMs;
  if (mustWait) return { kind: "effects", effects: [], wakeMs: chooseByMs };
  const needed = engaged === 0 ? Math.max(job.spec.deal.minBids, take) : take;
  if (offered.length >= needed) return choose(request, network, { offered, offers, take });
  if (asked.length > 0) return { kind: "effects", effects: [] };
  return askMore(request, network, nowMs, { offered, needed });
}

/** A bid must not run out while others are still waited for. */
function halfOfLease({ modifiedAtMs, deadlineMs }: ExecutionRecord): number {
  return modifiedAtMs + (deadlineMs - modifiedAtMs) / 2;
}

interface Offers {
  readonly offered: readonly ExecutionRecord[];
  /** Those too whose nodes are gone. */
  readonly offers: readonly ExecutionRecord[];
  readonly take: number;
}

function choose(
  { job, task, partition }: PlaceRequest,
  network: NetworkView,
  { offered, offers, take }: Offers,
): Placement {
  const order = orderRule(job, partition.index, network.selection);
  const { accepted } = selectBids(offered, take, { network, order, image: nameInBids(task.terms) });
  const rejected = offers.filter((each) => !accepted.includes(each));
  const move = (event: "accept" | "reject") => (execution: ExecutionRecord) =>
    ({ kind: "move", executionId: execution.id, event }) as const;
  return { kind: "effects", effects: [...accepted.map(move("accept")), ...rejected.map(move("reject"))] };
}

interface Bids {
  readonly offered: readonly ExecutionRecord[];
  readonly needed: number;
}

function askMore(request: PlaceRequest, network: NetworkView, nowMs: number, bids: Bids): Placement {
  const { job, partition, executions } = request;
  const times = timesOf(job.spec, network.options);
  const patience = patienceOf(executions, times);
  const sinceMs = queuedSinceMs(request);
  const queueEndMs = Math.max(
    sinceMs + times[patience],
    network.settledAtMs,
    heardByMs(network, sinceMs, nowMs),
  );
  const found = findNodes(request, network, nowMs, queueEndMs);
  const missing = bids.needed - bids.offered.length;
  const { candidates } = found.ranking;
  if (candidates.length >= missing) {
    const notBeforeMs = Math.max(retryAtMs(executions, network.options), nextRoundMs(request, times));
    if (nowMs < notBeforeMs) return { kind: "effects", effects: [], wakeMs: notBeforeMs };
    const nodes = candidates.slice(0, missing * network.options.askFactor);
    return { kind: "effects", effects: [{ kind: "ask", partition: partition.index, nodes }] };
  }
  // A node that was asked and is gone may be back before it is given up.
  const isPending = ({ state }: ExecutionRecord): boolean => state === "asked" || state === "offered";
  if (executions.filter(isPending).length > bids.offered.length) return { kind: "effects", effects: [] };
  const reason = explainRefusals(
    { needed: bids.needed, had: bids.offered.length + candidates.length, known: network.nodes.length },
    found.ranking.refusals,
    executions,
  );
  if (nowMs < queueEndMs) return waiting(bids.offered, reason, Math.min(queueEndMs, found.readyMs));
  const late = `it was not placed within ${nameTime(times, patience)}; `;
  const code = network.nodes.length === 0 ? "requester/no-nodes" : "requester/no-bids";
  return { kind: "exhausted", code, state: `${times[patience] > 0 ? late : ""}${reason}` };
}

/** A burst of jobs fills the nodes for a moment only: where one had no room, a job stays for as long as bids may take. */
function patienceOf(
  executions: readonly ExecutionRecord[],
  { queueMs, bidMs }: JobTimes,
): "queueMs" | "bidMs" {
  return bidMs > queueMs && executions.some(hadNoRoom) ? "bidMs" : "queueMs";
}

interface Found {
  readonly ranking: Ranking;
  /** When the next of the nodes that refused may be asked again. */
  readonly readyMs: number;
}

function findNodes(
  { job, task, partition, executions, blamed }: PlaceRequest,
  network: NetworkView,
  nowMs: number,
  queueEndMs: number,
): Found {
  const { terms } = task;
  const mayWait = nowMs < queueEndMs;
  const { barred, refused } = askHistory(executions);
  const askedNodes = new Set(barred);
  let readyMs = Number.POSITIVE_INFINITY;
  for (const [nodeId, refusal] of refused) {
    const situation = { node: network.node(nodeId), needs: terms.resources, options: network.options };
    const atMs = readyAtMs(refusal, situation);
    // Once the job may wait no longer each node is asked for the last time.
    const isLast = !mayWait && refusal.lastMs >= queueEndMs;
    if (isLast || nowMs < atMs) askedNodes.add(nodeId);
    if (nowMs < atMs) readyMs = Math.min(readyMs, atMs);
  }
  const usedGroups = executions
    .filter((each) => each.engaged || each.state === "offered" || each.state === "asked")
    .map((each) => each.group);
  const ranking = rankNodes(network.nodes, {
    terms: { ...terms, partition: partition.index },
    constraints: job.spec.constraints,
    order: orderRule(job, partition.index, network.selection),
    askedNodes,
    blamed,
    usedGroups: new Set(usedGroups),
    // An announcement may be old: who can't wait asks those too that said they were full.
    skipFull: mayWait,
  });
  return { ranking, readyMs };
}

/** Since when a partition wants what it can't have: it may have been placed before, and lost it. */
function queuedSinceMs({ job, executions }: PlaceRequest): number {
  const engaged = executions.filter((each) => each.engaged).map((each) => each.modifiedAtMs);
  return Math.max(job.versionAtMs ?? job.createdAtMs, ...engaged);
}

function nextRoundMs({ partition, executions }: PlaceRequest, { queueMs }: JobTimes): number {
  if (partition.rounds < MAX_QUICK_ROUNDS) return Number.NEGATIVE_INFINITY;
  return Math.max(...executions.map((each) => each.createdAtMs)) + queueMs / MAX_QUICK_ROUNDS;
}

function waiting(offered: readonly ExecutionRecord[], reason: string, wakeMs: number): Placement {
  const effects = offered.map((each) => ({ kind: "move", executionId: each.id, event: "reject" }) as const);
  return { kind: "effects", effects, waiting: reason, wakeMs };
}
