import type { Failure } from "@gadus/protocol";
import type { Effect } from "./effect.ts";
import type { NodeView } from "./node-table.ts";
import type { RequesterOptions } from "./options.ts";
import { rankNodes } from "./rank-nodes.ts";
import type { ExecutionRecord, JobRecord, PartitionRecord } from "./records.ts";
import { selectBids } from "./select-bids.ts";

/** What the requester knows of the network when it decides. */
export interface NetworkView {
  readonly nodes: readonly NodeView[];
  readonly options: Pick<RequesterOptions, "retryLimit" | "askFactor" | "queueTimeoutMs">;
  /** Until then, by this node's clock, nodes may still be connecting: nothing is given up for want of them. */
  readonly settledAtMs: number;
}

/** What placing needs to know of one partition. */
export interface PlaceRequest {
  readonly job: JobRecord;
  readonly partition: PartitionRecord;
  /** All executions of the partition. */
  readonly executions: readonly ExecutionRecord[];
  /** Executions to find, 1 or more. */
  readonly wanted: number;
}

/** What to do to find nodes, or why none can be found any more. */
export type Placement =
  | { readonly kind: "effects"; readonly effects: readonly Effect[] }
  | { readonly kind: "exhausted"; readonly failure: Failure };

const NOTHING_YET: Placement = { kind: "effects", effects: [] };

/** Decides how to find `wanted` further executions of a partition: ask, wait for bids, choose, or give up. */
export function placePartition(request: PlaceRequest, network: NetworkView, nowMs: number): Placement {
  const { job, partition, executions } = request;
  const engaged = executions.filter((execution) => execution.engaged).length;
  const spare = job.spec.deal.concurrency + network.options.retryLimit - engaged;
  const take = Math.min(request.wanted, spare);
  if (take <= 0)
    return exhausted("requester/no-verdict", `${engaged} executions were tried, the most allowed`);
  const asked = executions.filter((execution) => execution.state === "asked");
  if (asked.length > 0 && isAwaited(asked, network)) return NOTHING_YET;
  const offered = executions.filter((execution) => execution.state === "offered");
  const needed = engaged === 0 ? Math.max(job.spec.deal.minBids, take) : take;
  if (offered.length >= needed) return choose(offered, take, job.selectionSeed);
  if (asked.length > 0) return NOTHING_YET;
  return askMore(request, network, nowMs, { offered, needed, partition: partition.index });
}

/** Whether any node asked has yet to answer that answered lately: the others must not make every job late. */
function isAwaited(asked: readonly ExecutionRecord[], network: NetworkView): boolean {
  const silent = new Set(network.nodes.filter((node) => node.unanswered > 0).map((node) => node.nodeId));
  return asked.some((execution) => !silent.has(execution.nodeId));
}

function choose(offered: readonly ExecutionRecord[], take: number, seed: string): Placement {
  const { accepted, rejected } = selectBids(offered, take, seed);
  const move = (event: "accept" | "reject") => (execution: ExecutionRecord) =>
    ({ kind: "move", executionId: execution.id, event }) as const;
  return { kind: "effects", effects: [...accepted.map(move("accept")), ...rejected.map(move("reject"))] };
}

function askMore(
  { job, executions }: PlaceRequest,
  network: NetworkView,
  nowMs: number,
  state: {
    readonly offered: readonly ExecutionRecord[];
    readonly needed: number;
    readonly partition: number;
  },
): Placement {
  if (job.task === undefined) return NOTHING_YET;
  const { candidates, refusals } = rankNodes(network.nodes, {
    terms: { ...job.task.terms, partition: state.partition },
    constraints: job.spec.constraints,
    seed: job.selectionSeed,
    askedNodes: new Set(executions.filter((each) => each.state !== "rejected").map((each) => each.nodeId)),
    usedGroups: new Set(
      executions.filter((each) => each.engaged || each.state === "offered").map((each) => each.group),
    ),
  });
  const missing = state.needed - state.offered.length;
  if (candidates.length >= missing) {
    const nodes = candidates.slice(0, missing * network.options.askFactor);
    return { kind: "effects", effects: [{ kind: "ask", partition: state.partition, nodes }] };
  }
  const reason = whyNot(state.needed, state.offered.length + candidates.length, network.nodes.length, [
    ...refusals,
    ...countDeclines(executions),
  ]);
  const queueMs = job.spec.task.timeouts.queueMs ?? network.options.queueTimeoutMs;
  if (nowMs < Math.max(job.createdAtMs + queueMs, network.settledAtMs))
    return { kind: "effects", effects: waiting(state.offered, reason) };
  const code = network.nodes.length === 0 ? "requester/no-nodes" : "requester/no-bids";
  return exhausted(code, reason);
}

function waiting(offered: readonly ExecutionRecord[], reason: string): readonly Effect[] {
  const release = offered.map((each) => ({ kind: "move", executionId: each.id, event: "reject" }) as const);
  return [...release, { kind: "wait", reason }];
}

function countDeclines(executions: readonly ExecutionRecord[]): readonly [string, number][] {
  const counts = new Map<string, number>();
  for (const execution of executions) {
    if (execution.engaged || execution.failure === undefined) continue;
    const said = `said "${execution.failure.message}"`;
    counts.set(said, (counts.get(said) ?? 0) + 1);
  }
  return Array.from(counts);
}

function whyNot(needed: number, had: number, known: number, reasons: readonly [string, number][]): string {
  const because = reasons
    .filter(([reason]) => reason !== "asked already")
    .sort((a, b) => b[1] - a[1])
    .map(([reason, count]) => `${count} ${reason}`);
  const text = because.length === 0 ? "" : `: ${because.slice(0, 8).join(", ")}`;
  return `${had} of the ${needed} nodes needed can run it, of ${known} known${text}`;
}

function exhausted(code: string, message: string): Placement {
  return {
    kind: "exhausted",
    failure: { code, message: `Cannot place the job: ${message}`, blame: "nobody" },
  };
}
