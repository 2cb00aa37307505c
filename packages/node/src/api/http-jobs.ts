import { newId, type Randomness } from "@gadus/protocol";
import type { Requester } from "@gadus/requester";
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { route, type SchemaTypes } from "./api-operation.ts";
import { isForeignClient } from "./foreign-client.ts";
import { type Json, jobShape, resultShapes } from "./api-shapes.ts";
import { placementShape } from "./placement-shape.ts";
import { listExecutions, readExecutions } from "./http-executions.ts";
import { readHistory } from "./http-history.ts";
import type { Overload } from "./http-overload.ts";
import { addVersionRoutes } from "./http-versions.ts";
import { parseSelectors } from "./label-selector.ts";
import * as operations from "./job-operations.ts";
import { listResults } from "./result-operations.ts";
import { reachedAt } from "./reached-at.ts";
import type { ResultLinks } from "./result-links.ts";
import { withLinks } from "./with-links.ts";
import type { RunOutputs } from "./run-outputs.ts";

/** What the routes of jobs need. */
export interface JobRoutes {
  readonly requester: Requester;
  readonly randomness: Randomness;
  readonly overload: Overload;
  readonly outputs: RunOutputs;
  /** By which results are passed on. */
  readonly links: Pick<ResultLinks, "urlThrough"> | undefined;
}

/** Submitting, listing, describing and stopping jobs; their executions, history and results. */
export function addJobRoutes(app: FastifyInstance, routes: JobRoutes): void {
  const { requester, randomness, overload, links } = routes;
  const api = app.withTypeProvider<SchemaTypes>();
  const evaluationId = (): string => newId("v", randomness);

  api.route({
    method: ["PUT", "POST"],
    url: "/orchestrator/jobs",
    ...route(operations.submitJob),
    handler: async (request) => {
      const { Job, Force } = request.body;
      const { jobId, warnings } = await overload.during(request, async () =>
        requester.submit(Job, { force: Force }),
      );
      return { JobID: jobId, EvaluationID: evaluationId(), Warnings: warnings };
    },
  });
  addVersionRoutes(app, routes, evaluationId);
  api.get("/orchestrator/jobs", route(operations.listJobs), async ({ query }) => listJobs(requester, query));
  api.get("/orchestrator/jobs/:id", route(operations.describeJob), async ({ params, query }) =>
    describeJob(routes, params.id, query),
  );
  api.delete("/orchestrator/jobs/:id", route(operations.stopJob), async ({ params, query, body }) => {
    const reason = query.reason ?? body.reason;
    await requester.stopJob(params.id, reason ?? "stopped by its owner");
    return { EvaluationID: evaluationId() };
  });
  api.get("/orchestrator/jobs/:id/executions", route(operations.listExecutions), async ({ params, query }) =>
    readExecutions(routes, params.id, query),
  );
  api.get("/orchestrator/jobs/:id/history", route(operations.readHistory), async ({ params, query }) =>
    readHistory(requester, params.id, query),
  );
  api.get(
    "/orchestrator/jobs/:id/placement",
    route(operations.explainPlacement),
    async ({ params, query }) => {
      return placementShape(await requester.placement(params.id, query.job_version));
    },
  );
  api.get("/orchestrator/jobs/:id/results", route(listResults), async (request, reply) => {
    const items = resultShapes(await requester.job(request.params.id, request.query.job_version));
    if (!isForeignClient(request.headers) || links === undefined) return { Items: items, NextToken: "" };
    // The links are secrets, and of the address that this client used.
    reply.header("cache-control", "no-store");
    return { Items: await withLinks(items, links, reachedAt(request)), NextToken: "" };
  });
}

type ListQuery = z.output<(typeof operations.listJobs)["querystring"]>;

async function listJobs(
  requester: Requester,
  { namespace = "default", next_token: after, order_by: orderBy, labels, ...wish }: ListQuery,
): Promise<Json> {
  const page = await requester.jobs({
    ...wish,
    orderBy,
    labels: parseSelectors(labels),
    ...(namespace !== "*" && { namespace }),
    ...(after !== undefined && { after }),
  });
  return { Items: page.items.map((job) => jobShape(job, job.document)), NextToken: page.next ?? "" };
}

type DescribeQuery = z.output<(typeof operations.describeJob)["querystring"]>;

async function describeJob(
  { requester, outputs }: JobRoutes,
  idOrName: string,
  query: DescribeQuery,
): Promise<Json> {
  const { include, job_version } = query;
  const stored = await requester.job(idOrName, job_version);
  const { job } = stored;
  return {
    Job: jobShape(job, stored.document),
    ...(include.includes("executions") && { Executions: await listExecutions([stored], query, outputs) }),
    ...(include.includes("history") && { History: await readHistory(requester, job.jobId, query) }),
  };
}
