import type { Requester, Submission } from "@gadus/requester";
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { route, type SchemaTypes } from "./api-operation.ts";
import { jobShape } from "./api-shapes.ts";
import type { JobRoutes } from "./http-jobs.ts";
import * as operations from "./version-operations.ts";

/** The versions of a job: what they are, what the next one would change, and running one again. */
export function addVersionRoutes(
  app: FastifyInstance,
  { requester, overload }: JobRoutes,
  evaluationId: () => string,
): void {
  const api = app.withTypeProvider<SchemaTypes>();
  api.get("/orchestrator/jobs/:id/versions", route(operations.listVersions), async ({ params }) => {
    const versions = await requester.versions(params.id);
    return { Items: versions.map(({ job, document }) => jobShape(job, document)), NextToken: "" };
  });
  api.put("/orchestrator/jobs/diff", route(operations.diffJob), async (request) => {
    const { diff, warnings } = await overload.during(request, async () => requester.diff(request.body.Job));
    return { Diff: diff, Warnings: warnings };
  });
  api.put("/orchestrator/jobs/:id/rerun", route(operations.rerunJob), async (request) => {
    const { jobId, jobVersion, warnings } = await overload.during(request, async () =>
      rerun(requester, request.params.id, request.body),
    );
    return { JobID: jobId, JobVersion: jobVersion, EvaluationID: evaluationId(), Warnings: warnings };
  });
}

type RerunBody = z.output<(typeof operations.rerunJob)["body"]>;

async function rerun(
  requester: Requester,
  idOrName: string,
  { JobVersion: jobVersion, Reason: reason }: RerunBody,
): Promise<Submission> {
  return requester.rerun(idOrName, {
    ...(jobVersion !== undefined && { jobVersion }),
    ...(reason && { reason }),
  });
}
