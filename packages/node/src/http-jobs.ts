import { newId, type Randomness } from "@gadus/protocol";
import type { JobEventRecord, Requester } from "@gadus/requester";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { eventShape, executionShape, isOver, type Json, jobShape, resultShapes } from "./api-shapes.ts";
import type { Overload } from "./http-overload.ts";
import { NodeError } from "./node-error.ts";
import { flagSchema, limitSchema, readQuery, textSchema } from "./read-query.ts";

/** What the routes of jobs need. */
export interface JobRoutes {
  readonly requester: Requester;
  readonly randomness: Randomness;
  readonly overload: Overload;
}

interface JobPath {
  Params: { id: string };
}

/** Submitting, listing, describing and stopping jobs; their executions, history and results. */
export function addJobRoutes(app: FastifyInstance, { requester, randomness, overload }: JobRoutes): void {
  const evaluationId = (): string => newId("v", randomness);

  app.route({
    method: ["PUT", "POST"],
    url: "/orchestrator/jobs",
    handler: async (request) => {
      const { jobId, warnings } = await overload.during(request, async () =>
        requester.submit(jobOf(request.body)),
      );
      return { JobID: jobId, EvaluationID: evaluationId(), Warnings: warnings };
    },
  });
  app.get("/orchestrator/jobs", async ({ query }) => listJobs(requester, query));
  app.get<JobPath>("/orchestrator/jobs/:id", async ({ params, query }) =>
    describeJob(requester, params.id, query),
  );
  app.delete<JobPath>("/orchestrator/jobs/:id", async ({ params, query, body }) => {
    const inBody = readQuery(stopSchema, body);
    const reason = readQuery(stopSchema, query).reason ?? inBody.reason ?? inBody.Reason;
    await requester.stopJob(params.id, reason ?? "stopped by its owner");
    return { EvaluationID: evaluationId() };
  });
  app.get<JobPath>("/orchestrator/jobs/:id/executions", async ({ params }) => {
    const stored = await requester.job(params.id);
    const items = stored.executions.map((execution) => executionShape(execution, stored));
    return { Items: items, NextToken: "" };
  });
  app.get<JobPath>("/orchestrator/jobs/:id/history", async ({ params, query }) =>
    readHistory(requester, params.id, query),
  );
  app.get<JobPath>("/orchestrator/jobs/:id/results", async ({ params }) => ({
    Items: resultShapes(await requester.job(params.id)),
    NextToken: "",
  }));
}

const stopSchema = z.object({ reason: textSchema, Reason: textSchema });

/** The `Job` of `{Job, Force}`, whatever the letter case of its key. */
function jobOf(body: unknown): unknown {
  const entries = typeof body === "object" && body !== null ? Object.entries(body) : [];
  const entry = entries.find(([key]) => key.toLowerCase() === "job");
  if (entry !== undefined) return entry[1];
  throw new NodeError("node/invalid-request", "Cannot take the request: it has no Job", {
    field: "Job",
    hint: 'Send {"Job": {…}} with the job document inside.',
  });
}

const listSchema = z.object({
  namespace: textSchema,
  limit: limitSchema,
  next_token: textSchema,
  order_by: z.enum(["created_at", "modified_at", ""]).optional(),
  reverse: flagSchema,
  labels: z.string().max(0, "selecting jobs by label is not supported yet").optional(),
});

async function listJobs(requester: Requester, query: unknown): Promise<Json> {
  const { namespace = "default", limit, next_token: after, order_by, reverse } = readQuery(listSchema, query);
  const page = await requester.jobs({
    orderBy: order_by || "created_at",
    reverse,
    limit,
    ...(namespace !== "*" && { namespace }),
    ...(after !== undefined && { after }),
  });
  return { Items: page.items.map((job) => jobShape(job, job.document)), NextToken: page.next ?? "" };
}

const describeSchema = z.object({
  include: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .transform((include) => [include ?? []].flat().flatMap((names) => names.split(","))),
});

async function describeJob(requester: Requester, idOrName: string, query: unknown): Promise<Json> {
  const { include } = readQuery(describeSchema, query);
  const stored = await requester.job(idOrName);
  const { job, executions } = stored;
  return {
    Job: jobShape(job, stored.document),
    ...(include.includes("executions") && {
      Executions: {
        Items: executions.map((execution) => executionShape(execution, stored)),
        NextToken: "",
      },
    }),
    ...(include.includes("history") && { History: await readHistory(requester, job.jobId, query) }),
  };
}

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
    .transform((type) => type || "all"),
  execution_id: textSchema,
  /** Seconds since 1970. */
  since: z.coerce.number().min(0).optional(),
});

/**
 * A page of a job's history.
 *
 * The token is empty only once the job is over and all of it was read: clients poll until then.
 */
async function readHistory(requester: Requester, idOrName: string, query: unknown): Promise<Json> {
  const { limit, next_token, event_type, execution_id, since = 0 } = readQuery(historySchema, query);
  const afterSeq = next_token || 0;
  const { job } = await requester.job(idOrName);
  const events = await requester.events({
    jobId: job.jobId,
    afterSeq,
    limit,
    ...(execution_id !== undefined && { executionId: execution_id }),
  });
  const done = isOver(job) && events.length < limit;
  const items = events
    .filter((event) => event.atMs >= since * 1000 && isOfType(event, event_type))
    .map(eventShape);
  return { Items: items, NextToken: done ? "" : String(events.at(-1)?.seq ?? afterSeq) };
}

function isOfType(event: JobEventRecord, type: string): boolean {
  if (type === "all") return true;
  return (event.executionId === undefined) === (type === "job");
}
