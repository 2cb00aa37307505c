import type { ComputeOffer, Resources } from "@gadus/protocol";

/** Whether a node says that it could begin an execution that needs `needs`, or queue it. */
export function hasRoom(offer: ComputeOffer, needs: Resources): boolean {
  if (offer.queuedExecutions < offer.queueLimit) return true;
  const { cpuMillis, memoryBytes, diskBytes, gpus } = offer.availableCapacity;
  return (
    needs.cpuMillis <= cpuMillis &&
    needs.memoryBytes <= memoryBytes &&
    needs.diskBytes <= diskBytes &&
    needs.gpus <= gpus
  );
}
