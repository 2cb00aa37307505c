import type { Requester, Submission } from "@gadus/requester";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { jobShape } from "./api-shapes.ts";
import type { JobRoutes } from "./http-jobs.ts";
import { jobOf, lowerKeys } from "./job-body.ts";
import { readQuery, textSchema, versionSchema } from "./read-query.ts";

interface JobPath {
  Params: { id: string };
}

/** The versions of a job: what they are, what the next one would change, and running one again. */
export function addVersionRoutes(
  app: FastifyInstance,
  { requester, overload }: JobRoutes,
  evaluationId: () => string,
): void {
  app.get<JobPath>("/orchestrator/jobs/:id/versions", async ({ params }) => {
    const versions = await requester.versions(params.id);
    return { Items: versions.map(({ job, document }) => jobShape(job, document)), NextToken: "" };
  });
  app.put("/orchestrator/jobs/diff", async (request) => {
    const { diff, warnings } = await overload.during(request, async () =>
      requester.diff(jobOf(request.body)),
    );
    return { Diff: diff, Warnings: warnings };
  });
  app.put<JobPath>("/orchestrator/jobs/:id/rerun", async (request) => {
    const { jobId, jobVersion, warnings } = await overload.during(request, async () =>
      rerun(requester, request.params.id, request.body),
    );
    return { JobID: jobId, JobVersion: jobVersion, EvaluationID: evaluationId(), Warnings: warnings };
  });
}

const rerunSchema = z.object({ jobversion: versionSchema, reason: textSchema });

async function rerun(requester: Requester, idOrName: string, body: unknown): Promise<Submission> {
  const { jobversion: jobVersion, reason } = readQuery(rerunSchema, lowerKeys(body));
  return requester.rerun(idOrName, {
    ...(jobVersion !== undefined && { jobVersion }),
    ...(reason !== undefined && { reason }),
  });
}
