import { type ApiExecution, type ExecutionState, stateOf } from "@gadus/client";

/** The stages of a job that waits are told by, in order. */
export const STAGES = ["asked", "bids", "running", "proposals", "verified", "published"] as const;
type Stage = (typeof STAGES)[number];

/** How many executions came as far as each stage, and how many ended otherwise. */
export interface JobProgress {
  readonly reached: { readonly [S in Stage]: number };
  readonly ended: { readonly [S in "declined" | "refuted" | "failed" | "cancelled"]: number };
}

/** How far an execution in each state surely came, as an index into {@link STAGES}. */
const STAGE_BY_STATE: { readonly [S in ExecutionState]: number } = {
  asked: 0,
  offered: 1,
  accepted: 1,
  running: 2,
  proposed: 3,
  verified: 4,
  published: 5,
  declined: 0,
  rejected: 1,
  refuted: 3,
  failed: 0,
  cancelled: 0,
};

/**
 * Counts the executions of one job at each stage. Give it every view of the job in turn: an execution that failed is
 * counted as far as it was seen to come.
 */
export function makeProgressCounter(): (executions: readonly ApiExecution[]) => JobProgress {
  const furthest = new Map<string, number>();
  return (executions) => {
    for (const execution of executions) {
      const stage = STAGE_BY_STATE[stateOf(execution)];
      furthest.set(execution.ID, Math.max(stage, furthest.get(execution.ID) ?? 0));
    }
    const from = (stage: number): number => [...furthest.values()].filter((at) => at >= stage).length;
    const inState = (state: ExecutionState): number => executions.filter((e) => stateOf(e) === state).length;
    return {
      reached: {
        asked: from(0),
        bids: from(1),
        running: from(2),
        proposals: from(3),
        verified: from(4),
        published: from(5),
      },
      ended: {
        declined: inState("declined"),
        refuted: inState("refuted"),
        failed: inState("failed"),
        cancelled: inState("cancelled"),
      },
    };
  };
}
