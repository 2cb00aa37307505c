import type { ForgetEvents, MemoryRows } from "./clean-memory.ts";
import { type JobVersion, type JobView, MAX_FORMER_VERSIONS, type StoredJob } from "./store.ts";

/** A job's records of one version; `job` is that of the version. */
export function recordsOf(rows: MemoryRows, job: MemoryRows["job"]): StoredJob {
  const isOfVersion = ({ jobVersion }: { readonly jobVersion: number }) => jobVersion === job.jobVersion;
  return {
    job,
    partitions: [...rows.partitions.values()].filter(isOfVersion).sort((a, b) => a.index - b.index),
    executions: [...rows.executions.values()].filter(isOfVersion),
  };
}

/** A former version with its records. */
export function formerVersion(rows: MemoryRows | undefined, jobVersion: number): JobView | undefined {
  const version = rows?.versions.get(jobVersion);
  if (rows === undefined || version === undefined) return undefined;
  return { ...recordsOf(rows, version.job), document: version.document };
}

/** Keeps a version that the job leaves behind, and gives up the oldest beyond the limit. */
export function keepVersion(
  rows: MemoryRows,
  { job, document }: JobVersion,
  forgetEvents: ForgetEvents,
): void {
  rows.versions.set(job.jobVersion, { job, document });
  const isOld = (jobVersion: number): boolean => jobVersion <= job.jobVersion - MAX_FORMER_VERSIONS;
  for (const version of [...rows.versions.keys()].filter(isOld)) rows.versions.delete(version);
  for (const [key, each] of rows.partitions) if (isOld(each.jobVersion)) rows.partitions.delete(key);
  for (const [id, each] of rows.executions) if (isOld(each.jobVersion)) rows.executions.delete(id);
  forgetEvents(
    rows,
    rows.events.filter((event) => isOld(event.jobVersion)),
  );
  const kept = rows.events.filter((event) => !isOld(event.jobVersion));
  if (kept.length < rows.events.length) rows.events.splice(0, rows.events.length, ...kept);
}
