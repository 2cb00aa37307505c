import type { ExecutionRecord } from "./records.ts";
import type { StoredJob } from "./store.ts";

/** Executions up to which a search is as quick as an index. */
const FEW = 16;

/** By the executions of a job as they were at one time, which are never changed in place. */
const indexes = new WeakMap<StoredJob["executions"], ReadonlyMap<string, ExecutionRecord>>();

/** The job's execution of that id. */
export function findExecution({ executions }: StoredJob, id: string): ExecutionRecord | undefined {
  if (executions.length <= FEW) return executions.find((each) => each.id === id);
  const index = indexes.get(executions) ?? new Map(executions.map((each) => [each.id, each]));
  indexes.set(executions, index);
  return index.get(id);
}
