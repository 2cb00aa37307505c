import { type Resources, toHex } from "@gadus/protocol";
import { sha256 } from "@noble/hashes/sha2.js";
import type { NodeView } from "./node-table.ts";
import type { JobRecord } from "./records.ts";
import type { Reputation } from "./reputation.ts";
import { reputationSelection } from "./reputation-selection.ts";
import { placesFree } from "./room-for.ts";
import type { Choice, SelectionStrategy } from "./selection-strategy.ts";

/** What the requester chooses among nodes by. */
export interface SelectionView {
  /** By type. */
  readonly strategies: ReadonlyMap<string, SelectionStrategy>;
  /** What it saw of a node, as of now. */
  reputationOf(nodeId: string): Reputation | undefined;
  /** Whether the verifier of that type compares results. */
  compares(verifier: string): boolean;
}

/** How the nodes for one partition are put in order. */
export interface OrderRule extends Pick<SelectionView, "reputationOf"> {
  readonly strategy: SelectionStrategy;
  readonly compares: boolean;
  /** What an execution takes; undefined until the job's task is fixed. */
  readonly needs: Resources | undefined;
  /** Known only to the requester, in hex. */
  readonly seed: string;
  readonly partition: number;
}

/** How to order nodes for a partition of `job`; a strategy that is there no more gives way to `reputation`. */
export function orderRule(
  { spec, task, selectionSeed: seed }: Pick<JobRecord, "spec" | "task" | "selectionSeed">,
  partition: number,
  view: SelectionView,
): OrderRule {
  return {
    strategy: view.strategies.get(spec.deal.selection) ?? reputationSelection,
    // A lone result is compared with nothing: then it is better placed where it begins at once.
    compares: spec.deal.concurrency > 1 && view.compares(spec.verifier.type),
    needs: task?.terms.resources,
    seed,
    partition,
    reputationOf: (nodeId) => view.reputationOf(nodeId),
  };
}

/** Something that stands for a node, and what the transport tells of it. */
export interface Orderable {
  readonly nodeId: string;
  /** Whether its bid says that it has what takes long to get; counts only where results aren't compared. */
  readonly hasImage?: boolean;
  readonly node: Pick<NodeView, "unanswered" | "announcement" | "taken"> | undefined;
}

/**
 * Orders `items`, best first, by the rule's strategy; where it makes no difference, those that have the image go first,
 * unless a liar could gain by saying so; and then by the seed.
 */
export function orderNodes<T extends Orderable>(
  items: readonly T[],
  purpose: "ask" | "accept",
  rule: OrderRule,
): readonly T[] {
  const { strategy, compares, seed, partition } = rule;
  const context = { compares, chance: chanceOf(seed, partition) };
  const entries = items.map((item) => ({
    item,
    place: placeOf(seed, partition, purpose, item.nodeId),
    choice: {
      nodeId: item.nodeId,
      unanswered: item.node?.unanswered ?? 0,
      reputation: rule.reputationOf(item.nodeId),
      offer: compares ? undefined : item.node?.announcement?.compute,
      isFree: compares ? undefined : isFree(item.node, rule.needs),
    } satisfies Choice,
  }));
  const lacksImage = ({ hasImage = false }: Orderable): number => Number(!compares && !hasImage);
  entries.sort(
    (a, b) =>
      strategy.compare(a.choice, b.choice, context) ||
      lacksImage(a.item) - lacksImage(b.item) ||
      (a.place < b.place ? -1 : 1),
  );
  return entries.map(({ item }) => item);
}

function isFree(node: Orderable["node"], needs: Resources | undefined): boolean | undefined {
  const offer = node?.announcement?.compute;
  if (node === undefined || offer === undefined || needs === undefined) return undefined;
  return placesFree(offer, needs) > node.taken;
}

/** A place in an order that nobody without the seed can foresee. */
function placeOf(seed: string, partition: number, purpose: string, id: string): string {
  const hash = sha256(new TextEncoder().encode(`${seed}/${partition}/${purpose}/${id}`));
  return toHex(hash.subarray(0, 12));
}

const CHANCES = 2 ** 32;

/** The same for asking and for accepting, so that who was asked by chance isn't passed over in the end. */
function chanceOf(seed: string, partition: number): number {
  return Number.parseInt(placeOf(seed, partition, "chance", "").slice(0, 8), 16) / CHANCES;
}
