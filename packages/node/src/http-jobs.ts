import { newId, type Randomness } from "@gadus/protocol";
import type { Requester } from "@gadus/requester";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { type Json, jobShape, resultShapes } from "./api-shapes.ts";
import { placementShape } from "./placement-shape.ts";
import { listExecutions, readExecutions } from "./http-executions.ts";
import { readHistory } from "./http-history.ts";
import type { Overload } from "./http-overload.ts";
import { addVersionRoutes } from "./http-versions.ts";
import { forceOf, jobOf } from "./job-body.ts";
import { parseSelectors } from "./label-selector.ts";
import type { RunOutputs } from "./run-outputs.ts";
import {
  flagSchema,
  limitSchema,
  orderSchema,
  readQuery,
  textSchema,
  textsSchema,
  versionSchema,
} from "./read-query.ts";

/** What the routes of jobs need. */
export interface JobRoutes {
  readonly requester: Requester;
  readonly randomness: Randomness;
  readonly overload: Overload;
  readonly outputs: RunOutputs;
}

interface JobPath {
  Params: { id: string };
}

/** Submitting, listing, describing and stopping jobs; their executions, history and results. */
export function addJobRoutes(app: FastifyInstance, routes: JobRoutes): void {
  const { requester, randomness, overload } = routes;
  const evaluationId = (): string => newId("v", randomness);

  app.route({
    method: ["PUT", "POST"],
    url: "/orchestrator/jobs",
    handler: async (request) => {
      const { jobId, warnings } = await overload.during(request, async () =>
        requester.submit(jobOf(request.body), { force: forceOf(request.body) }),
      );
      return { JobID: jobId, EvaluationID: evaluationId(), Warnings: warnings };
    },
  });
  addVersionRoutes(app, routes, evaluationId);
  app.get("/orchestrator/jobs", async ({ query }) => listJobs(requester, query));
  app.get<JobPath>("/orchestrator/jobs/:id", async ({ params, query }) =>
    describeJob(routes, params.id, query),
  );
  app.delete<JobPath>("/orchestrator/jobs/:id", async ({ params, query, body }) => {
    const inBody = readQuery(stopSchema, body);
    const reason = readQuery(stopSchema, query).reason ?? inBody.reason ?? inBody.Reason;
    await requester.stopJob(params.id, reason ?? "stopped by its owner");
    return { EvaluationID: evaluationId() };
  });
  app.get<JobPath>("/orchestrator/jobs/:id/executions", async ({ params, query }) =>
    readExecutions(routes, params.id, query),
  );
  app.get<JobPath>("/orchestrator/jobs/:id/history", async ({ params, query }) =>
    readHistory(requester, params.id, query),
  );
  app.get<JobPath>("/orchestrator/jobs/:id/placement", async ({ params, query }) => {
    const { job_version } = readQuery(versionedSchema, query);
    return placementShape(await requester.placement(params.id, job_version));
  });
  app.get<JobPath>("/orchestrator/jobs/:id/results", async ({ params, query }) => {
    const { job_version } = readQuery(versionedSchema, query);
    return { Items: resultShapes(await requester.job(params.id, job_version)), NextToken: "" };
  });
}

const stopSchema = z.object({ reason: textSchema, Reason: textSchema });

const listSchema = z.object({
  namespace: textSchema,
  limit: limitSchema,
  next_token: textSchema,
  order_by: orderSchema,
  reverse: flagSchema,
  labels: textsSchema,
});

async function listJobs(requester: Requester, query: unknown): Promise<Json> {
  const {
    namespace = "default",
    next_token: after,
    order_by: orderBy,
    labels,
    ...wish
  } = readQuery(listSchema, query);
  const page = await requester.jobs({
    ...wish,
    orderBy,
    labels: parseSelectors(labels),
    ...(namespace !== "*" && { namespace }),
    ...(after !== undefined && { after }),
  });
  return { Items: page.items.map((job) => jobShape(job, job.document)), NextToken: page.next ?? "" };
}

const versionedSchema = z.object({ job_version: versionSchema });
const describeSchema = versionedSchema.extend({
  include: textsSchema.transform((texts) =>
    texts.flatMap((names) => names.split(",").map((name) => name.trim())),
  ),
});

async function describeJob(
  { requester, outputs }: JobRoutes,
  idOrName: string,
  query: unknown,
): Promise<Json> {
  const { include, job_version } = readQuery(describeSchema, query);
  const stored = await requester.job(idOrName, job_version);
  const { job } = stored;
  const first = { ...(query as object), next_token: undefined };
  return {
    Job: jobShape(job, stored.document),
    ...(include.includes("executions") && { Executions: await listExecutions([stored], first, outputs) }),
    ...(include.includes("history") && { History: await readHistory(requester, job.jobId, first) }),
  };
}
