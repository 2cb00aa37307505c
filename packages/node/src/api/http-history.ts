import type { Requester } from "@gadus/requester";
import type { z } from "zod";
import { eventShape, isOver, type Json } from "./api-shapes.ts";
import type { readHistory as operation } from "./job-operations.ts";

type HistoryQuery = z.output<(typeof operation)["querystring"]>;
/** What is asked for; of what is left out, all. */
type HistoryWish = Pick<HistoryQuery, "limit" | "job_version"> & Partial<HistoryQuery>;

/**
 * A page of a job's history: of its latest version, of the one that `job_version` names, or of all.
 *
 * The token is empty only once the job is over and all that was asked for was read: clients poll until then. A former
 * version is over.
 */
export async function readHistory(requester: Requester, idOrName: string, wish: HistoryWish): Promise<Json> {
  const afterSeq = wish.next_token || 0;
  const { job: latest } = await requester.job(idOrName);
  const { jobId } = latest;
  // An execution is of one version only.
  const isAll =
    (wish.all_job_versions === true || wish.execution_id !== undefined) && wish.job_version === undefined;
  const { job } =
    wish.job_version === undefined ? { job: latest } : await requester.job(jobId, wish.job_version);
  const events = await requester.events({
    jobId,
    afterSeq,
    limit: wish.limit,
    ...(!isAll && { jobVersion: job.jobVersion }),
    ...(wish.execution_id !== undefined && { executionId: wish.execution_id }),
    ...(wish.event_type !== undefined && { level: wish.event_type }),
    ...(wish.since !== undefined && { sinceMs: wish.since * 1000 }),
  });
  const isRead = isOver(job) && events.length < wish.limit;
  return { Items: events.map(eventShape), NextToken: isRead ? "" : String(events.at(-1)?.seq ?? afterSeq) };
}
