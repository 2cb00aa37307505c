import type { ComputeOffer, Resources } from "@gadus/protocol";

/** How many executions that need `needs` a node says that it could take: begin now, or queue. */
export function roomFor(
  { queueLimit, queuedExecutions, availableCapacity }: ComputeOffer,
  needs: Resources,
): number {
  return Math.max(0, queueLimit - queuedExecutions) + placesFree({ availableCapacity }, needs);
}

/** How many executions that need `needs` a node says that it could begin now. */
export function placesFree(
  { availableCapacity }: Pick<ComputeOffer, "availableCapacity">,
  needs: Resources,
): number {
  const kinds = ["cpuMillis", "memoryBytes", "diskBytes", "gpus"] as const;
  const needed = kinds.filter((kind) => needs[kind] > 0);
  return Math.min(...needed.map((kind) => Math.floor(availableCapacity[kind] / needs[kind])));
}
