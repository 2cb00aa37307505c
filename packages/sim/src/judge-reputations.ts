import { type ExecutionRecord, type JobEventRecord, OUTCOMES, type Outcome } from "@gadus/requester";
import type { RequesterBody } from "./sim-requester.ts";
import type { Surroundings } from "./surroundings.ts";

const ALL_EVENTS = { afterSeq: 0, limit: 1_000_000 } as const;
const MANY = 1_000;
const LATE: ReadonlySet<string> = new Set([
  "requester/no-answer",
  "requester/timed-out",
  "requester/node-lost",
]);

/** What was seen of nodes was counted once, whatever crashed: as often as the history of all jobs tells it. */
export async function judgeReputations({ checks }: Surroundings, requester: RequesterBody): Promise<void> {
  const { keepFinishedMs } = requester.part;
  if (keepFinishedMs < FOREVER_MS) return;
  const store = requester.stored();
  const told = new Map<string, number>();
  const events = await store.events(ALL_EVENTS);
  const ends = new Map(events.map((event) => [`${event.executionId} ${event.atMs}`, event.seq]));
  for (const event of events) {
    // What a step verified and ended at once was never verified to anyone.
    if (ends.get(`${event.executionId} ${event.atMs}`) !== event.seq) continue;
    const execution = event.executionId === undefined ? undefined : await store.execution(event.executionId);
    const outcome = execution && outcomeOf(event, execution);
    if (outcome === undefined) continue;
    const key = `${execution?.nodeId} ${outcome}`;
    told.set(key, (told.get(key) ?? 0) + 1);
  }
  for (const reputation of await store.reputations(MANY)) {
    const atHand = requester.role()?.reputation(reputation.nodeId);
    for (const outcome of OUTCOMES) {
      const key = `${reputation.nodeId} ${outcome}`;
      const counts = [
        told.get(key) ?? 0,
        Math.round(reputation[outcome]),
        Math.round(atHand?.[outcome] ?? 0),
      ];
      told.delete(key);
      if (new Set(counts).size === 1) continue;
      const [history, stored, known] = counts;
      const text = `${history} by its history, ${stored} stored, ${known} at hand`;
      checks.fail("what was seen of a node counts once", `${key} at ${requester.id}: ${text}`);
    }
  }
  for (const [key, count] of told)
    checks.fail("what was seen of a node counts once", `${key} at ${requester.id}: ${count} by its history`);
}

const FOREVER_MS = 86_400_000;

function outcomeOf(
  { topic }: JobEventRecord,
  { failure, retrievable }: ExecutionRecord,
): Outcome | undefined {
  if (topic === "execution/verified") return "verified";
  if (topic === "execution/refuted") return "refuted";
  const isFailure = topic === "execution/failed" || (topic === "execution/checked" && retrievable === false);
  if (!isFailure || failure === undefined) return undefined;
  if (LATE.has(failure.code)) return "late";
  return failure.blame === "node" ? "failed" : undefined;
}
