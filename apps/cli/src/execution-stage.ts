import type { ExecutionState } from "@gadus/protocol";
import type { ApiExecution } from "./api-types.ts";

/** The exact states by the integers that the API shows them as, where the details don't say. */
const STATE_BY_INTEGER: readonly ExecutionState[] = [
  "asked",
  "asked",
  "asked",
  "offered",
  "declined",
  "accepted",
  "running",
  "verified",
  "rejected",
  "published",
  "failed",
  "cancelled",
];

const STATES: ReadonlySet<unknown> = new Set<ExecutionState>([...STATE_BY_INTEGER, "proposed", "refuted"]);
const ENDS: ReadonlySet<ExecutionState> = new Set([
  "published",
  "declined",
  "rejected",
  "refuted",
  "failed",
  "cancelled",
]);

/** An execution's state in the words of the protocol. */
export function stateOf(execution: ApiExecution): ExecutionState {
  const { StateType, Details } = execution.ComputeState;
  const exact = Details?.State ?? Details?.state;
  return STATES.has(exact) ? (exact as ExecutionState) : (STATE_BY_INTEGER[StateType] ?? "asked");
}

/** Whether nothing more can happen to an execution. */
export function hasEnded(execution: ApiExecution): boolean {
  return ENDS.has(stateOf(execution));
}
