import type { LiveJob } from "./live-job.ts";
import { RequesterError } from "./requester-error.ts";
import type { RequesterStore, StoredJob } from "./store.ts";

/** Where jobs are found: those that aren't closed in memory, all in the store. */
export interface JobSources {
  readonly jobs: ReadonlyMap<string, LiveJob>;
  readonly store: Pick<RequesterStore, "job" | "findJobs">;
}

/**
 * A job by id, unique id prefix, or name.
 *
 * @throws {RequesterError} `requester/unknown-job`, `requester/ambiguous-id`
 */
export async function findJob(idOrName: string, sources: JobSources): Promise<StoredJob> {
  const exact = await load(idOrName, sources);
  if (exact !== undefined) return exact;
  const [id, other] = idOrName === "" ? [] : await sources.store.findJobs(idOrName, 2);
  if (id === undefined) throw unknownJob(idOrName);
  if (other !== undefined && idOrName.startsWith("j-")) {
    const hint = "Write more of its id.";
    throw new RequesterError(
      "requester/ambiguous-id",
      `Cannot tell which job "${idOrName}" is: ${id}, ${other}, ...`,
      { hint },
    );
  }
  const found = await load(id, sources);
  if (found === undefined) throw unknownJob(id);
  return found;
}

/** That no job has this id or name. */
export function unknownJob(id: string): RequesterError {
  return new RequesterError("requester/unknown-job", `Cannot find job "${id}": no job has this id or name`, {
    hint: "List the jobs to see what there is.",
  });
}

/** That a job has no such version. */
export function unknownVersion(
  { jobId, jobVersion: latest }: { readonly jobId: string; readonly jobVersion: number },
  jobVersion: number,
): RequesterError {
  const state = jobVersion > latest ? `its latest is ${latest}` : "it is kept no more";
  return new RequesterError(
    "requester/unknown-version",
    `Cannot find version ${jobVersion} of job ${jobId}: ${state}`,
    { field: "job_version", hint: "List the job's versions to see what there is." },
  );
}

async function load(id: string, { jobs, store }: JobSources): Promise<StoredJob | undefined> {
  return jobs.get(id)?.view ?? store.job(id);
}
