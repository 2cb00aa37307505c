import type { Requester } from "@gadus/requester";
import { z } from "zod";
import { eventShape, isOver, type Json } from "./api-shapes.ts";
import { flagSchema, limitSchema, readQuery, textSchema, versionSchema } from "./read-query.ts";

const historySchema = z.object({
  limit: limitSchema,
  next_token: z
    .string()
    .regex(
      /^\d{0,15}$/,
      "no page of this history ended there; pass the NextToken of the page before, unchanged",
    )
    .optional()
    .transform(Number),
  event_type: z
    .enum(["all", "job", "execution", ""])
    .optional()
    .transform((type) => (type === "job" || type === "execution" ? type : undefined)),
  execution_id: textSchema,
  job_version: versionSchema,
  all_job_versions: flagSchema,
  /** Seconds since 1970. */
  since: z.coerce.number().min(0).max(1e11).optional(),
});

/**
 * A page of a job's history: of its latest version, of the one that `job_version` names, or of all.
 *
 * The token is empty only once the job is over and all that was asked for was read: clients poll until then. A former
 * version is over.
 */
export async function readHistory(requester: Requester, idOrName: string, query: unknown): Promise<Json> {
  const wish = readQuery(historySchema, query);
  const afterSeq = wish.next_token || 0;
  const { job: latest } = await requester.job(idOrName);
  const { jobId } = latest;
  // An execution is of one version only.
  const isAll = (wish.all_job_versions || wish.execution_id !== undefined) && wish.job_version === undefined;
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
