import { type Choice, freeFirst, type SelectionStrategy } from "./selection-strategy.ts";

/** Asks let pass beyond which more make no difference. */
const MOST_UNANSWERED = 3;

/**
 * Nodes that answered lately first; of a job whose results aren't compared, then those that say they have the most
 * room: free cores, then free memory.
 */
export const rankedSelection: SelectionStrategy = {
  type: "ranked",
  compare: (a, b) => silence(a) - silence(b) || freeFirst(a, b) || compareRoom(a, b),
};

function silence({ unanswered }: Choice): number {
  return Math.min(unanswered, MOST_UNANSWERED);
}

function compareRoom({ offer: a }: Choice, { offer: b }: Choice): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const [inA, inB] = [a.availableCapacity, b.availableCapacity];
  return inB.cpuMillis - inA.cpuMillis || inB.memoryBytes - inA.memoryBytes;
}
