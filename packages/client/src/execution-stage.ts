import type { ApiExecution, ApiJob, ApiJobView } from "./api-types.ts";

/** The states of an execution, in the words of the protocol. */
export type ExecutionState = ApiExecution["ComputeState"]["Details"]["State"];

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
  return STATES.has(Details.State) ? Details.State : (STATE_BY_INTEGER[StateType] ?? "asked");
}

/** Whether nothing more can happen to an execution. */
export function hasEnded(execution: ApiExecution): boolean {
  return ENDS.has(stateOf(execution));
}

const FINAL: ReadonlySet<string> = new Set(["Completed", "Failed", "Stopped"]);

/** Whether a job's state is its last. */
export function jobHasEnded(job: ApiJob): boolean {
  return FINAL.has(job.State.StateType);
}

/** Whether a job and all of its executions have ended. */
export function allHasEnded({ Job, Executions }: ApiJobView): boolean {
  return jobHasEnded(Job) && (Executions?.Items ?? []).every(hasEnded);
}
