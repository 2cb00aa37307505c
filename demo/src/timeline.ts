import type { ApiHistoryItem } from "@gadus/client";

/** One thing that happened to a job, once or on several nodes, in milliseconds since it was sent. */
export interface Stage {
  /** Such as `execution/asked` or `job/completed`. */
  readonly topic: string;
  readonly firstMs: number;
  readonly lastMs: number;
  /** How many executions it happened to; 0 where it happened to the job as a whole. */
  readonly executions: number;
  /** What was said of it the first time. */
  readonly message: string;
}

/** The stages of a job in the order in which they began. */
export function timelineOf(history: readonly ApiHistoryItem[], sentAtMs: number): readonly Stage[] {
  const stages = new Map<string, Stage>();
  for (const { ExecutionID, Event, Time } of history) {
    const atMs = new Date(Time).getTime() - sentAtMs;
    const {
      firstMs = atMs,
      lastMs = atMs,
      executions = 0,
      message = Event.Message,
    } = stages.get(Event.Topic) ?? {};
    stages.set(Event.Topic, {
      topic: Event.Topic,
      firstMs: Math.min(firstMs, atMs),
      lastMs: Math.max(lastMs, atMs),
      executions: executions + (ExecutionID ? 1 : 0),
      message,
    });
  }
  return Array.from(stages.values()).sort((a, b) => a.firstMs - b.firstMs);
}
