import { Readable } from "node:stream";
import type { CallOptions, ReadableVolume } from "@gadus/protocol";
import type { JobView, Requester } from "@gadus/requester";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { route, type SchemaTypes } from "./api-operation.ts";
import { publicationsOf } from "./api-shapes.ts";
import { sendRange } from "./byte-range.ts";
import { untilClosed } from "./http-content.ts";
import { NodeError } from "../node-error.ts";
import { archiveOf } from "./result-archive.ts";
import { downloadResults } from "./result-operations.ts";
import { type ArchivedTree, contentOf } from "./tar-stream.ts";

/** What the route of results needs. */
export interface ResultRoutes {
  readonly requester: Requester;
  /** The tree under a CID, fetched where it isn't here as it is read. */
  readonly openTree: (cid: string, options: CallOptions) => Promise<ReadableVolume>;
  /** How long the root of a result may take. */
  readonly fetchTimeoutMs: number;
}

/**
 * `GET /orchestrator/jobs/:id/results/download.tar.gz`: all results of a job as one archive, or one file of it by `path`.
 *
 * Of a job with several partitions each result is in a folder `partition-N`.
 */
export function addResultRoute(app: FastifyInstance, routes: ResultRoutes): void {
  app
    .withTypeProvider<SchemaTypes>()
    .get("/orchestrator/jobs/:id/results/download.tar.gz", route(downloadResults), async (request, reply) => {
      const { job_version, path } = request.query;
      const view = await routes.requester.job(request.params.id, job_version);
      const signal = untilClosed(reply);
      const trees = await openTrees(view, routes, signal);
      reply.header("x-content-type-options", "nosniff");
      if (path !== undefined) return sendFile(path, trees, { request, reply, signal });
      return reply
        .type("application/gzip")
        .header("content-disposition", `attachment; filename="${view.job.jobId}.tar.gz"`)
        .send(archiveOf(trees, { signal }));
    });
}

async function openTrees(
  view: JobView,
  { openTree, fetchTimeoutMs }: ResultRoutes,
  signal: AbortSignal,
): Promise<readonly ArchivedTree[]> {
  const { job, partitions } = view;
  const found = publicationsOf(view).flatMap(({ index, publication }) => {
    const { cid } = publication.params;
    return typeof cid === "string" ? [{ index, cid }] : [];
  });
  if (found.length === 0) {
    const state = `it is ${job.status}, and nothing is published by CID`;
    throw new NodeError("node/no-results", `Cannot download results of job ${job.jobId}: ${state}`);
  }
  const within = AbortSignal.any([signal, AbortSignal.timeout(fetchTimeoutMs)]);
  return Promise.all(
    found.map(async ({ index, cid }) => ({
      folder: partitions.length === 1 ? "" : `partition-${index}`,
      volume: await openTree(cid, { signal: within }).catch((cause: unknown) => {
        const message = `Cannot fetch result "${cid}" of job ${job.jobId}: no node that has it was found`;
        throw new NodeError("node/not-retrievable", message, { cause });
      }),
    })),
  );
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly signal: AbortSignal;
}

async function sendFile(
  path: string,
  trees: readonly ArchivedTree[],
  { request, reply, signal }: Exchange,
): Promise<FastifyReply> {
  const clean = path.replace(/^(\.?\/)+/, "");
  const tree = trees.find(({ folder }) => folder === "" || clean.startsWith(`${folder}/`));
  const inside = tree === undefined || tree.folder === "" ? clean : clean.slice(tree.folder.length + 1);
  const isOutside = inside === "" || inside.split("/").includes("..");
  const entry = isOutside ? undefined : await tree?.volume.stat(inside, { signal });
  if (tree === undefined || entry?.kind !== "file") throw noFile(path);
  const { sizeBytes } = entry;
  reply.header("accept-ranges", "bytes").type("application/octet-stream");
  return sendRange(reply, {
    wanted: request.headers.range,
    sizeBytes,
    content: ({ from, to } = { from: 0, to: sizeBytes }) =>
      Readable.from(contentOf(tree.volume, { path: inside, from, to }, { signal }), { objectMode: false }),
  });
}

function noFile(path: string): NodeError {
  return new NodeError("node/no-results", `Cannot download "${path}": the results have no such file`, {
    field: "path",
    hint: "Write it as it is in the archive.",
  });
}
