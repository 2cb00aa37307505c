import type { Resources } from "@gadus/protocol";
import type { NodeView } from "./node-table.ts";
import type { RequesterOptions } from "./options.ts";
import type { ExecutionRecord } from "./records.ts";
import { roomFor } from "./room-for.ts";

/** Why a node can't take an execution now, and may soon. */
const TEMPORARY: ReadonlySet<string> = new Set([
  "compute/queue-full",
  "compute/overloaded",
  "compute/too-many-reservations",
  "compute/stopping",
  "compute/too-slow",
]);
/** How much sooner a node is asked again that has announced room since it refused. */
const HASTE = 4;

/** That a node refused a partition for now. */
interface Refusal {
  readonly count: number;
  readonly lastMs: number;
}

/** Which nodes a partition was offered to, and what came of it. */
export interface AskHistory {
  /** Nodes that it is never offered to again: they have it, had it, or refused it for good. */
  readonly barred: ReadonlySet<string>;
  /** Nodes that couldn't take it when they were asked. */
  readonly refused: ReadonlyMap<string, Refusal>;
}

/** What the executions of one partition tell of its nodes. */
export function askHistory(executions: readonly ExecutionRecord[]): AskHistory {
  const barred = new Set<string>();
  const refused = new Map<string, Refusal>();
  for (const execution of executions) {
    const { nodeId, modifiedAtMs } = execution;
    if (isRefusedForNow(execution)) {
      const known = refused.get(nodeId);
      const lastMs = Math.max(known?.lastMs ?? 0, modifiedAtMs);
      refused.set(nodeId, { count: (known?.count ?? 0) + 1, lastMs });
    } else if (execution.state !== "rejected") barred.add(nodeId);
  }
  return { barred, refused };
}

/** When a node that refused may be asked again: later each time, sooner where it has announced room since. */
export function readyAtMs({ count, lastMs }: Refusal, { node, needs, options }: Situation): number {
  const pauseMs = doubling(options.reaskBackoffMs, options.reaskBackoffMaxMs, count);
  const offer = node?.announcement?.compute;
  const isNews = node?.announcedAtMs !== undefined && node.announcedAtMs > lastMs;
  return lastMs + (isNews && offer !== undefined && roomFor(offer, needs) > 0 ? pauseMs / HASTE : pauseMs);
}

interface Situation {
  readonly node: NodeView | undefined;
  readonly needs: Resources;
  readonly options: RequesterOptions;
}

/** When a partition may be placed again after its failures, unless they already took their time. */
export function retryAtMs(executions: readonly ExecutionRecord[], options: RequesterOptions): number {
  // A lost node was waited for as it is, and what it had must run again soon.
  const failed = executions.filter((each) => hasFailed(each) && each.failure?.code !== "requester/node-lost");
  if (failed.length === 0) return Number.NEGATIVE_INFINITY;
  const lastMs = Math.max(...failed.map((each) => each.modifiedAtMs));
  return lastMs + doubling(options.retryBackoffMs, options.retryBackoffMaxMs, failed.length);
}

/** Whether an execution was placed, and came to nothing that could be judged or fetched. */
export function hasFailed({ engaged, state, retrievable }: ExecutionRecord): boolean {
  return engaged && (state === "failed" || retrievable === false);
}

/** Whether a node declined for want of room, and may have some soon. */
export function hadNoRoom({ state, failure }: ExecutionRecord): boolean {
  return state === "declined" && TEMPORARY.has(failure?.code ?? "");
}

function isRefusedForNow(execution: ExecutionRecord): boolean {
  return hadNoRoom(execution) || (execution.state === "failed" && !execution.engaged);
}

function doubling(baseMs: number, mostMs: number, count: number): number {
  return Math.min(baseMs * 2 ** (count - 1), mostMs);
}
