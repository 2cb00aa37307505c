import { isTerminal } from "@gadus/protocol";
import { askHistory } from "./ask-history.ts";
import { groupOf } from "./group-of.ts";
import type { NodeView } from "./node-table.ts";
import { refuseNode } from "./rank-nodes.ts";
import type { ExecutionRecord } from "./records.ts";
import { type Reputation, scoreOf } from "./reputation.ts";
import type { StoredJob } from "./store.ts";

/** How far a node came with a job: not asked, or what became of the last ask. */
export type BidState = "none" | "asked" | "declined" | "unanswered" | "offered" | "rejected" | "accepted";

/** What became of one node where a job was, or is to be, placed. */
export interface NodePlacement {
  readonly nodeId: string;
  readonly connected: boolean;
  /** What this requester makes of what it saw of the node: 0 to 1, 0.5 where that is nothing. */
  readonly score: number;
  readonly bid: BidState;
  /** Whether it bid, or could be asked. */
  readonly able: boolean;
  /** In words: what it does for the job, or why it does nothing. */
  readonly reason: string;
  /** The job's executions on it, by id. */
  readonly executions: readonly string[];
}

/** Where a job is placed, and why not elsewhere. */
export interface PlacementReport {
  /** Such as `0 of 40 nodes: 31 too little memory, 9 no engine docker`. */
  readonly summary: string;
  readonly able: number;
  /** How many nodes aren't able, by reason, those of the most nodes first. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  /** Those that are able first; best scores first among them. */
  readonly nodes: readonly NodePlacement[];
}

/** What is known of the network, to explain a placement by. */
export interface PlacementSources {
  readonly nodes: readonly NodeView[];
  readonly reputationOf: (nodeId: string) => Reputation | undefined;
}

/** Reasons that the summary names. */
const MAX_REASONS = 8;

/** Explains a job's placement: every node that is known, or that it was offered to. */
export function describePlacement(
  view: StoredJob,
  { nodes, reputationOf }: PlacementSources,
): PlacementReport {
  const byNode = Map.groupBy(view.executions, ({ nodeId }) => nodeId);
  const known = new Map(nodes.map((node) => [node.nodeId, node]));
  const explain = explainer(view);
  const placements = [...new Set([...known.keys(), ...byNode.keys()])].map((nodeId): NodePlacement => {
    const node = known.get(nodeId);
    const executions = byNode.get(nodeId) ?? [];
    return {
      nodeId,
      connected: node?.connected ?? false,
      score: scoreOf(reputationOf(nodeId) ?? NOTHING_SEEN),
      ...explain(node, executions),
      executions: executions.map(({ id }) => id),
    };
  });
  placements.sort(
    (a, b) => Number(b.able) - Number(a.able) || b.score - a.score || (a.nodeId < b.nodeId ? -1 : 1),
  );
  return { ...summarize(placements), nodes: placements };
}

const NOTHING_SEEN = { verified: 0, refuted: 0, failed: 0, late: 0 };

function summarize(placements: readonly NodePlacement[]): Omit<PlacementReport, "nodes"> {
  const unable = placements.filter(({ able }) => !able);
  const reasons = Array.from(
    Map.groupBy(unable, ({ reason }) => reason),
    ([reason, { length: count }]) => ({ reason, count }),
  ).sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
  const able = placements.length - unable.length;
  const counts = reasons.slice(0, MAX_REASONS).map(({ reason, count }) => `${count} ${reason}`);
  const text = counts.length === 0 ? "" : `: ${counts.join(", ")}`;
  return { summary: `${able} of ${placements.length} nodes${text}`, able, reasons };
}

type Explanation = Pick<NodePlacement, "bid" | "able" | "reason">;

function explainer(
  view: StoredJob,
): (node: NodeView | undefined, executions: readonly ExecutionRecord[]) => Explanation {
  const { job, executions: all } = view;
  const blamed = new Set(all.filter(({ failure }) => failure?.blame === "node").map(({ nodeId }) => nodeId));
  const { barred } = askHistory(all);
  const groups = new Set(all.filter(({ nodeId }) => barred.has(nodeId)).map(({ group }) => group));
  return (node, executions) => {
    const asked = explainAsked(executions);
    if (asked !== undefined) return asked;
    const none = (reason: string): Explanation => ({ bid: "none", able: false, reason });
    if (node === undefined) return none("not known any more");
    if (blamed.has(node.nodeId)) return none("to blame for a failure of this job");
    if (job.task === undefined)
      return { bid: "none", able: true, reason: "not looked at: the job's inputs aren't fixed yet" };
    const { terms } = job.task;
    const reason = refuseNode(node, { terms, constraints: job.spec.constraints, skipFull: true });
    if (reason !== undefined) return none(reason);
    const operator = node.announcement?.operator;
    if (groups.has(groupOf({ ...node, ...(operator !== undefined && { operator }) })))
      return none("same group");
    return { bid: "none", able: true, reason: "can run it, and wasn't asked: enough others were" };
  };
}

/** By the execution that came furthest. */
function explainAsked(executions: readonly ExecutionRecord[]): Explanation | undefined {
  const engaged = executions.findLast((each) => each.engaged && !isTerminal(each.state));
  const last = engaged ?? executions.findLast((each) => each.engaged) ?? executions.at(-1);
  if (last === undefined) return undefined;
  const { state, failure } = last;
  if (last.engaged) {
    const why = failure === undefined ? "" : `: ${failure.message}`;
    return {
      bid: "accepted",
      able: failure === undefined || state === "cancelled",
      reason: `its bid was accepted; ${state}${why}`,
    };
  }
  if (state === "asked") return { bid: "asked", able: true, reason: "asked, and hasn't answered yet" };
  if (state === "offered") return { bid: "offered", able: true, reason: "bid, and nothing is chosen yet" };
  if (state === "rejected") return { bid: "rejected", able: true, reason: "bid, and others were chosen" };
  if (state === "cancelled") return { bid: "asked", able: true, reason: "asked, and no longer needed" };
  const message = failure?.message ?? state;
  if (state === "declined") return { bid: "declined", able: false, reason: `declined: ${message}` };
  return { bid: "unanswered", able: false, reason: message };
}
