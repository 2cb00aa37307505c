import { OUTCOMES } from "@gadus/requester";
import type { RequesterBody } from "./sim-requester.ts";
import type { Surroundings } from "./surroundings.ts";

const MANY = 1_000;

/** What was seen of nodes was counted once, whatever crashed: as often as the states that executions came to tell. */
export async function judgeReputations({ checks }: Surroundings, requester: RequesterBody): Promise<void> {
  const seen = new Map(requester.outcomes.counts);
  for (const reputation of await requester.stored().reputations(MANY)) {
    const atHand = requester.role()?.reputation(reputation.nodeId);
    for (const outcome of OUTCOMES) {
      const key = `${reputation.nodeId} ${outcome}`;
      const counts = [
        seen.get(key) ?? 0,
        Math.round(reputation[outcome]),
        Math.round(atHand?.[outcome] ?? 0),
      ];
      seen.delete(key);
      if (new Set(counts).size === 1) continue;
      const [happened, stored, known] = counts;
      const text = `${happened} happened, ${stored} stored, ${known} at hand`;
      checks.fail("what was seen of a node counts once", `${key} at ${requester.id}: ${text}`);
    }
  }
  for (const [key, count] of seen)
    checks.fail("what was seen of a node counts once", `${key} at ${requester.id}: ${count} happened`);
}
