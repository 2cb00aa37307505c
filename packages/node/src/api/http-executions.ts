import type { ExecutionRecord, StoredJob } from "@gadus/requester";
import { executionShape, type Json } from "./api-shapes.ts";
import type { JobRoutes } from "./http-jobs.ts";
import { readToken, writeToken } from "./job-token.ts";
import type { RunOutputs } from "./run-outputs.ts";

/** Which page; `next_token` names the one before. */
export interface ExecutionsWish {
  readonly limit: number;
  readonly next_token?: string | undefined;
  readonly order_by: "created_at" | "modified_at";
  readonly reverse: boolean;
}

/** Executions of a job's latest version, of the one that `job_version` names, or of all: {@link listExecutions}. */
export async function readExecutions(
  { requester, outputs }: Pick<JobRoutes, "requester" | "outputs">,
  idOrName: string,
  wish: ExecutionsWish & { readonly job_version?: number | undefined; readonly all_job_versions: boolean },
): Promise<Json> {
  const { job_version, all_job_versions } = wish;
  const isAll = all_job_versions && job_version === undefined;
  const versions = isAll
    ? (await requester.versions(idOrName)).map(({ job }) => requester.job(job.jobId, job.jobVersion))
    : [requester.job(idOrName, job_version)];
  return listExecutions(await Promise.all(versions), wish, outputs);
}

/** A page of the executions of a job's versions, those that were made first, or changed longest ago, first unless `reverse`. */
export async function listExecutions(
  versions: readonly StoredJob[],
  { limit, next_token: token, order_by: orderBy, reverse }: ExecutionsWish,
  outputs: RunOutputs,
): Promise<Json> {
  const keyOf = ({ id, createdAtMs, modifiedAtMs }: ExecutionRecord) => ({
    id,
    timeMs: orderBy === "created_at" ? createdAtMs : modifiedAtMs,
  });
  const after = token === undefined ? undefined : readToken(token, orderBy, "executions");
  const direction = reverse ? -1 : 1;
  const rest = versions
    .flatMap((stored) => stored.executions.map((execution) => ({ stored, execution })))
    .map((each) => ({ ...each, key: keyOf(each.execution) }))
    .filter(({ key }) => after === undefined || compare(key, after) * direction > 0)
    .sort((a, b) => compare(a.key, b.key) * direction);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const isLast = last === undefined || page.length === rest.length;
  const printed = await outputs.of(page.map(({ execution }) => execution));
  return {
    Items: page.map(({ execution, stored }) => executionShape(execution, stored, printed.get(execution.id))),
    NextToken: isLast ? "" : writeToken(orderBy, last.key),
  };
}

type Key = ReturnType<typeof readToken>;

function compare(a: Key, b: Key): number {
  if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}
