import type { ComputeOffer, Constraint, Resources, TaskTerms } from "@gadus/protocol";
import { groupOf } from "./group-of.ts";
import { labelsHold } from "./labels-hold.ts";
import type { NodeView } from "./node-table.ts";
import { type OrderRule, orderNodes } from "./order-nodes.ts";
import { roomFor } from "./room-for.ts";

/** A node that may be asked. */
export interface Candidate {
  readonly nodeId: string;
  readonly group: string;
}

/** Whom a partition may be placed on, best first, and why not on the others. */
export interface Ranking {
  readonly candidates: readonly Candidate[];
  /** How many nodes were left out, by reason in words. */
  readonly refusals: ReadonlyMap<string, number>;
}

/** What the choice of nodes depends on. */
export interface RankRequest {
  readonly terms: TaskTerms;
  readonly constraints: readonly Constraint[];
  readonly order: OrderRule;
  /** Nodes that were asked for this partition, and must not be asked now. */
  readonly askedNodes: ReadonlySet<string>;
  /** Groups that an execution of this partition went to. */
  readonly usedGroups: ReadonlySet<string>;
  /** Nodes that are to blame for a failure of this job. */
  readonly blamed: ReadonlySet<string>;
  /** Whether nodes are left out that are full, by what they announced and what this requester took of it. */
  readonly skipFull: boolean;
}

/**
 * Filters and orders the nodes known, one a group.
 *
 * What a node says of itself filters; the order is the job's own {@link SelectionStrategy}'s, then the seed's.
 */
export function rankNodes(nodes: readonly NodeView[], request: RankRequest): Ranking {
  const refusals = new Map<string, number>();
  const fit: { readonly nodeId: string; readonly node: NodeView; readonly group: string }[] = [];
  for (const node of nodes) {
    const group = groupOf({ ...node, ...operatorOf(node) });
    const reason = refuse(node, group, request);
    if (reason !== undefined) refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
    else fit.push({ nodeId: node.nodeId, node, group });
  }
  const groups = new Set<string>();
  const candidates: Candidate[] = [];
  for (const { nodeId, group } of orderNodes(fit, "ask", request.order)) {
    if (groups.has(group)) refusals.set("same group", (refusals.get("same group") ?? 0) + 1);
    else candidates.push({ nodeId, group });
    groups.add(group);
  }
  return { candidates, refusals };
}

function operatorOf(node: NodeView): { operator?: string } {
  const operator = node.announcement?.operator;
  return operator === undefined ? {} : { operator };
}

function refuse(node: NodeView, group: string, request: RankRequest): string | undefined {
  if (request.blamed.has(node.nodeId)) return "to blame for a failure of this job";
  if (request.askedNodes.has(node.nodeId)) return "asked already";
  return refuseNode(node, request) ?? (request.usedGroups.has(group) ? "same group" : undefined);
}

/** Why a job can't be placed on a node, whatever was asked before; undefined where it can. */
export function refuseNode(
  { announcement, connected, membership, taken }: NodeView,
  { terms, constraints, skipFull }: Pick<RankRequest, "terms" | "constraints" | "skipFull">,
): string | undefined {
  if (announcement === undefined) return connected ? "has yet to announce itself" : "not connected";
  const offer = announcement.compute;
  if (offer === undefined) return "runs no jobs";
  if (membership === "rejected") return "rejected by this requester's operator";
  if (membership === "pending") return "not approved yet by this requester's operator";
  if (!connected) return "not connected";
  const reason = refuseOffer(offer, terms) ?? refuseLabels(announcement.labels, constraints);
  return reason ?? (skipFull && roomFor(offer, terms.resources) <= taken ? "full" : undefined);
}

function refuseOffer(offer: ComputeOffer, terms: TaskTerms): string | undefined {
  const engine = offer.engines.find((each) => each.type === terms.engine);
  if (engine === undefined) return `no engine ${terms.engine}`;
  if (!engine.profiles.includes(terms.profile)) return `no profile ${terms.profile}`;
  if (!offer.verifiers.includes(terms.verifier)) return `no verifier ${terms.verifier}`;
  if (!offer.publishers.includes(terms.publisher)) return `no publisher ${terms.publisher}`;
  const storage = terms.inputs.find((input) => !offer.storage.includes(input.source.type));
  if (storage !== undefined) return `no storage ${storage.source.type}`;
  return tooLittle(offer.maxExecution, terms.resources);
}

function tooLittle(has: Resources, needs: Resources): string | undefined {
  if (needs.cpuMillis > has.cpuMillis) return "too little CPU";
  if (needs.memoryBytes > has.memoryBytes) return "too little memory";
  if (needs.diskBytes > has.diskBytes) return "too little disk";
  return needs.gpus > has.gpus ? "too few GPUs" : undefined;
}

function refuseLabels(
  labels: Readonly<Record<string, string>>,
  constraints: readonly Constraint[],
): string | undefined {
  const broken = constraints.find((constraint) => !labelsHold(labels, constraint));
  return broken === undefined ? undefined : `no matching label ${broken.Key}`;
}
