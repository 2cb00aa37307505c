import type { JobDocument } from "@gadus/protocol";
import { compactionOf } from "./compaction.ts";
import type { ExecutionRecord, JobEventRecord, JobRecord, PartitionRecord } from "./records.ts";
import type { CleaningBounds, JobVersion } from "./store.ts";

/** All rows of one job, in memory. */
export interface MemoryRows {
  job: JobRecord;
  document: JobDocument | undefined;
  /** Former versions, by their number. */
  readonly versions: Map<number, JobVersion>;
  /** Of every version, by {@link partitionKey}. */
  readonly partitions: Map<string, PartitionRecord>;
  readonly executions: Map<string, ExecutionRecord>;
  readonly events: JobEventRecord[];
  compacted: boolean;
  /** The greatest number of an event that was removed. */
  forgottenSeq: number;
}

/** Gives up events that were taken from a job's. */
export type ForgetEvents = (rows: MemoryRows, removed: readonly JobEventRecord[]) => void;

/** What a partition is known by among those of all versions of its job. */
export function partitionKey({ jobVersion, index }: PartitionRecord): string {
  return `${jobVersion}/${index}`;
}

/** What a store in memory gives up of finished jobs; both answer how many rows that were. */
export function cleanMemory(
  jobs: Map<string, MemoryRows>,
  forgetEvents: ForgetEvents,
  addEvent: (event: Omit<JobEventRecord, "seq">) => void,
): Record<"compact" | "forget", (bounds: CleaningBounds) => number> {
  const finished = (compacted: boolean, { closedBeforeMs }: CleaningBounds): readonly MemoryRows[] =>
    Array.from(jobs.values())
      .filter((rows) => rows.job.closed && rows.compacted === compacted)
      .filter(({ job }) => job.modifiedAtMs < closedBeforeMs)
      .sort((a, b) => a.job.modifiedAtMs - b.job.modifiedAtMs);

  const compactJob = (rows: MemoryRows, maxRows: number, nowMs: number): number => {
    const history = rows.events.splice(0, maxRows);
    forgetEvents(rows, history);
    const useless = Array.from(rows.executions.values()).filter(({ state }) => state !== "published");
    const removed = useless.slice(0, maxRows - history.length);
    for (const { id } of removed) rows.executions.delete(id);
    if (rows.events.length > 0 || removed.length < useless.length) return history.length + removed.length;
    rows.compacted = true;
    addEvent(compactionOf(rows.job, nowMs));
    return history.length + removed.length + 1;
  };

  const forgetJob = (rows: MemoryRows, maxRows: number): number => {
    const history = rows.events.splice(0, maxRows);
    forgetEvents(rows, history);
    const removed = Array.from(rows.executions.keys()).slice(0, maxRows - history.length);
    for (const id of removed) rows.executions.delete(id);
    const count = history.length + removed.length;
    if (count >= maxRows) return count;
    jobs.delete(rows.job.jobId);
    return count + rows.partitions.size + 1;
  };

  const each = (
    clean: (rows: MemoryRows, left: number, nowMs: number) => number,
    compacted: boolean,
    bounds: CleaningBounds,
  ): number => {
    let removed = 0;
    for (const rows of finished(compacted, bounds)) {
      if (removed >= bounds.maxRows) break;
      removed += clean(rows, bounds.maxRows - removed, bounds.nowMs);
    }
    return removed;
  };
  return {
    compact: (bounds) => each(compactJob, false, bounds),
    forget: (bounds) => each(forgetJob, true, bounds),
  };
}
