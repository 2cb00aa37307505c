import { type ApiExecution, stateOf } from "@gadus/client";
import type { Listing } from "./print-list.ts";
import { apiTimeMs, relativeTime } from "./relative-time.ts";

/** A job's executions as a list. */
export function listExecutions(executions: readonly ApiExecution[], nowMs: number): Listing {
  return {
    columns: [
      { title: "EXECUTION", shrink: "early" },
      { title: "NODE", shrink: "early", leaveOut: 3 },
      { title: "PARTITION", leaveOut: 2 },
      { title: "STATE" },
      { title: "CHANGED", leaveOut: 1 },
      { title: "MESSAGE", shrink: "late", least: 16 },
    ],
    rows: executions.map((execution) => [
      execution.ID,
      execution.NodeID,
      String(execution.PartitionIndex ?? 0),
      stateOf(execution),
      relativeTime(apiTimeMs(execution.ModifyTime), nowMs),
      execution.ComputeState.Message ?? "",
    ]),
    ids: executions.map((execution) => execution.ID),
    json: executions,
    empty: "No executions yet.",
  };
}
