import { Readable } from "node:stream";
import { type CallOptions, isCodedError, type ReadableVolume } from "@gadus/protocol";
import { abortable } from "@gadus/protocol/abortable";
import type { ContentStore } from "@gadus/storage";
import type { WalkOptions } from "@gadus/storage/helia-content";
import type { FastifyInstance, FastifyReply } from "fastify";
import { CID } from "multiformats/cid";
import { route, type SchemaTypes } from "./api-operation.ts";
import { CAR_TYPE, RAW_TYPE, readContent, uploadBlob } from "./content-operations.ts";
import { NodeError } from "../node-error.ts";
import { tooSlow } from "./too-slow.ts";

/** What the routes of content need. */
export interface ContentRoutes {
  readonly content: Pick<ContentStore, "add">;
  /** Every block below `cid` as a CAR (version 1), depth first, fetched where it isn't here; the root's block first. */
  readonly exportCar: (cid: string, options?: WalkOptions) => AsyncIterable<Uint8Array>;
  /** One block, fetched where it isn't here. */
  readonly getBlock: (cid: string, options: CallOptions) => Promise<Uint8Array>;
  /** The tree under a CID, fetched where it isn't here as it is read. */
  readonly openTree: (cid: string, options: CallOptions) => Promise<ReadableVolume>;
  readonly maxUploadBytes: number;
  /** How long an upload may pause. */
  readonly uploadPauseMs: number;
  /** How long one block of a CAR may take. */
  readonly fetchTimeoutMs: number;
}

/**
 * `GET /ipfs/:cid`: blocks, for clients that check them (https://specs.ipfs.tech/http-gateways/trustless-gateway/): one
 * by `format=raw`; by `format=car` all below it, or with `dag-scope` its own file or folder, or the block alone. No paths
 * within the content, and no byte ranges of it.
 */
export function addGatewayRoute(app: FastifyInstance, routes: ContentRoutes): void {
  const api = app.withTypeProvider<SchemaTypes>();
  api.get("/ipfs/:cid", route(readContent), async (request, reply) => {
    const cid = checkCid(request.params.cid);
    const scope = request.query["dag-scope"];
    const format = formatOf(request.query.format, request.headers.accept);
    const signal = untilClosed(reply);
    const blocks =
      format === "raw" ? rawBlock(routes, cid, signal) : routes.exportCar(cid, { signal, scope });
    const chunks = await opened(blocks, cid, routes.fetchTimeoutMs);
    const file = format === "raw" ? `${cid}.bin` : `${cid}.car`;
    return reply
      .type(format === "raw" ? RAW_TYPE : `${CAR_TYPE}; version=1; order=dfs; dups=n`)
      .header("content-disposition", `attachment; filename="${file}"`)
      .header("cache-control", "public, max-age=29030400, immutable")
      .header("etag", scope === "all" ? `"${file}"` : `"${file}.${scope}"`)
      .header("x-content-type-options", "nosniff")
      .send(Readable.from(chunks, { objectMode: false, highWaterMark: 256 * 1024 }));
  });
}

async function* rawBlock(
  { getBlock }: ContentRoutes,
  cid: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  yield await getBlock(cid, { signal });
}

/** `PUT /orchestrator/blobs`: keeps a file and answers its CID. */
export function addBlobRoute(
  app: FastifyInstance,
  { content, maxUploadBytes, uploadPauseMs }: ContentRoutes,
): void {
  app.register(async (uploads) => {
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    uploads.route({
      method: ["PUT", "POST"],
      url: "/orchestrator/blobs",
      ...route(uploadBlob),
      bodyLimit: maxUploadBytes,
      config: { upload: true },
      handler: async ({ body }, reply) => {
        const chunks =
          body instanceof Readable ? limited(body, maxUploadBytes, uploadPauseMs) : new Uint8Array();
        const { cid, sizeBytes } = await content.add(chunks, { signal: untilClosed(reply) });
        return { CID: cid, SizeBytes: sizeBytes };
      },
    });
  });
}

/** Aborts once the client is gone before its answer was. */
export function untilClosed(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () =>
    controller.abort(new NodeError("node/stopped", "Cannot go on: the client is gone")),
  );
  return controller.signal;
}

async function* limited(body: Readable, maxBytes: number, pauseMs: number): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  const timer = setTimeout(() => body.destroy(tooSlow(pauseMs)), pauseMs).unref();
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      timer.refresh();
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
      yield chunk;
    }
  } finally {
    clearTimeout(timer);
  }
}

function tooLarge(maxBytes: number): NodeError {
  return new NodeError("node/body-too-large", `Cannot take the file: it is longer than ${maxBytes} bytes`, {
    hint: "Raise api.maxUploadSize on the node, or split the file.",
  });
}

function checkCid(text: string): string {
  try {
    return CID.parse(text).toString();
  } catch (cause) {
    throw new NodeError("node/invalid-request", `Cannot fetch "${text}": it is not a CID`, {
      cause,
      field: "cid",
      hint: "Write a CID such as bafy… or Qm….",
    });
  }
}

/** How the content is wanted: as the query says, or else the first type in the request's header that is served. */
function formatOf(format: string | undefined, accept: string | undefined): "car" | "raw" {
  if (format === "car" || format === "raw") return format;
  if (format === undefined && accept?.includes(CAR_TYPE)) return "car";
  if (format === undefined && accept?.includes(RAW_TYPE)) return "raw";
  throw new NodeError(
    "node/invalid-request",
    `Cannot fetch as "${format ?? accept ?? ""}": only CAR and raw blocks are served`,
    {
      field: "format",
      hint: `Ask with ?format=car or ?format=raw, or "Accept: ${CAR_TYPE}" or "${RAW_TYPE}".`,
    },
  );
}

/** `chunks`, once the root's block is there, so that what can't be had gets an error and not a broken body. */
async function opened(
  chunks: AsyncIterable<Uint8Array>,
  cid: string,
  timeoutMs: number,
): Promise<AsyncIterable<Uint8Array>> {
  const iterator = chunks[Symbol.asyncIterator]();
  const expired = AbortSignal.timeout(timeoutMs);
  const first = await abortable(iterator.next(), { signal: expired }).catch((cause: unknown) => {
    if (isCodedError(cause) && !expired.aborted) throw cause;
    throw new NodeError("node/not-retrievable", `Cannot fetch "${cid}": no node that has it was found`, {
      cause,
    });
  });
  return (async function* () {
    if (first.done !== true) yield first.value;
    yield* { [Symbol.asyncIterator]: () => iterator };
  })();
}
