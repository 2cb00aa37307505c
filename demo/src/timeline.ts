import type { ApiHistoryItem } from "@gadus/cli/api-types";

/** When the executions of a job came into one state, in milliseconds since it was sent. */
export interface Stage {
  readonly state: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly executions: number;
}

const TOPIC = "execution/";

/** The stages of a job in the order in which they began. */
export function timelineOf(history: readonly ApiHistoryItem[], sentAtMs: number): readonly Stage[] {
  const stages = new Map<string, Stage>();
  for (const { ExecutionID, Event, Time } of history) {
    if (!ExecutionID || !Event.Topic.startsWith(TOPIC)) continue;
    const state = Event.Topic.slice(TOPIC.length);
    const atMs = new Date(Time).getTime() - sentAtMs;
    const { firstMs = atMs, lastMs = atMs, executions = 0 } = stages.get(state) ?? {};
    stages.set(state, {
      state,
      firstMs: Math.min(firstMs, atMs),
      lastMs: Math.max(lastMs, atMs),
      executions: executions + 1,
    });
  }
  return Array.from(stages.values()).sort((a, b) => a.firstMs - b.firstMs);
}
