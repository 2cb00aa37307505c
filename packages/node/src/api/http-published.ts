import { Readable } from "node:stream";
import type { CallOptions, ReadableVolume } from "@gadus/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { route, type SchemaTypes } from "./api-operation.ts";
import { type ByteRange, sendRange } from "./byte-range.ts";
import { readPublished } from "./content-operations.ts";
import { untilClosed } from "./http-content.ts";
import { NodeError } from "../node-error.ts";
import { archiveOf, bytesIn, lengthOf } from "./result-archive.ts";
import type { LinkedResult, ResultLinks } from "./result-links.ts";

/** Archives whose length is remembered. */
const MAX_LENGTHS = 1000;

/** What the route of published results needs. */
export interface PublishedRoutes {
  readonly links: Pick<ResultLinks, "read" | "urlThrough">;
  /** The tree under a CID as far as it is on this node; rejects where its root isn't. */
  readonly openKept: (cid: string, options: CallOptions) => Promise<ReadableVolume>;
  /** The tree under a CID, fetched where it isn't here as it is read. */
  readonly openTree: (cid: string, options: CallOptions) => Promise<ReadableVolume>;
  /** How long the root of what is fetched may take. */
  readonly fetchTimeoutMs: number;
  /** Archives that are sent at one time. */
  readonly maxDownloads: number;
  /** How long a client may take nothing of an archive. */
  readonly stallTimeoutMs: number;
}

/**
 * `GET /results/:archive`: a result that this node published with `local`, or that it passes on, for whoever has the
 * link, in ranges if asked.
 *
 * Archives are made anew each time, from the blocks that the node serves anyway; of what it passes on, it fetches those
 * that it hasn't got.
 */
export function addPublishedRoute(app: FastifyInstance, routes: PublishedRoutes): void {
  const lengths = new Map<string, number>();
  let sending = 0;

  async function lengthFor(cid: string, volume: ReadableVolume, signal: AbortSignal): Promise<number> {
    const known = lengths.get(cid);
    if (known !== undefined) return known;
    const length = await lengthOf(archiveOf([{ folder: "", volume }], { signal }));
    const [oldest] = lengths.keys();
    if (lengths.size >= MAX_LENGTHS && oldest !== undefined) lengths.delete(oldest);
    lengths.set(cid, length);
    return length;
  }

  const api = app.withTypeProvider<SchemaTypes>();
  api.get("/results/:archive", route(readPublished), async (request, reply) => {
    const linked = routes.links.read(request.params.archive);
    if (linked === undefined) throw unknownLink();
    const { cid } = linked;
    if (sending >= routes.maxDownloads) throw tooMany(routes.maxDownloads);
    sending += 1;
    reply.raw.once("close", () => {
      sending -= 1;
    });
    const signal = untilClosed(reply);
    const missing = linked.kind === "kept" ? gone : notFetched;
    const volume = await open(linked, routes, signal).catch((cause: unknown) => {
      throw missing(cid, cause);
    });
    // Another zlib may make other bytes of the same tree.
    const etag = `"${cid}.${process.versions.zlib}"`;
    const isHead = request.method === "HEAD";
    const isKnown = matches(request.headers["if-none-match"], etag);
    const asksForPart = !isHead && asksForPartOf(request, etag);
    const mustMeasure = !isKnown && (isHead || asksForPart);
    // Before anything of the answer is there: what can't be read is an error, and no archive.
    const size = mustMeasure
      ? await lengthFor(cid, volume, signal).catch((cause: unknown) => {
          throw missing(cid, cause);
        })
      : lengths.get(cid);
    describe(reply, cid, etag);
    if (isKnown) return reply.code(304).send();
    const archive = (range?: ByteRange): Readable => {
      const whole = archiveOf([{ folder: "", volume }], { signal });
      const chunks = range === undefined ? whole : bytesIn(whole, range);
      return Readable.from(unlessStalled(chunks, reply, routes.stallTimeoutMs), { objectMode: false });
    };
    // Of a stream nothing is sent here, and the length that is said stays.
    if (isHead) return reply.header("content-length", size).send(Readable.from([]));
    if (size === undefined) return reply.send(archive());
    const wanted = asksForPart ? request.headers.range : undefined;
    return sendRange(reply, { wanted, sizeBytes: size, content: archive });
  });
}

async function open(
  { cid, kind }: LinkedResult,
  { openKept, openTree, fetchTimeoutMs }: PublishedRoutes,
  signal: AbortSignal,
): Promise<ReadableVolume> {
  if (kind === "kept") return openKept(cid, { signal });
  return openTree(cid, { signal: AbortSignal.any([signal, AbortSignal.timeout(fetchTimeoutMs)]) });
}

function describe(reply: FastifyReply, cid: string, etag: string): void {
  reply
    .type("application/gzip")
    .header("content-disposition", `attachment; filename="${cid}.tar.gz"`)
    .header("accept-ranges", "bytes")
    .header("etag", etag)
    .header("cache-control", "private, max-age=3600, no-transform")
    .header("x-content-type-options", "nosniff")
    // The link is a secret, which a page that shows the archive's name must not pass on.
    .header("referrer-policy", "no-referrer");
}

/** Cuts off a client that takes nothing for so long; how long a chunk takes to be made is not its fault. */
async function* unlessStalled(
  chunks: AsyncIterable<Uint8Array>,
  { raw }: FastifyReply,
  timeoutMs: number,
): AsyncGenerator<Uint8Array> {
  const giveUp = (): void => void raw.destroy();
  for await (const chunk of chunks) {
    const timer = setTimeout(giveUp, timeoutMs);
    try {
      yield chunk;
    } finally {
      clearTimeout(timer);
    }
  }
  // What is left waits in the socket.
  raw.setTimeout(timeoutMs, giveUp);
}

function asksForPartOf({ headers }: FastifyRequest, etag: string): boolean {
  const { range, "if-range": condition } = headers;
  return range !== undefined && (condition === undefined || condition === etag);
}

function matches(header: string | undefined, etag: string): boolean {
  const given = (header ?? "").split(",").map((each) => each.trim().replace(/^W\//, ""));
  return given.includes("*") || given.includes(etag);
}

function unknownLink(): NodeError {
  return new NodeError("node/no-results", "Cannot give the result: this node made no such link", {
    hint: "Write it as it is in the job's results (GET …/jobs/:id/results).",
  });
}

function gone(cid: string, cause: unknown): NodeError {
  return new NodeError("node/no-results", `Cannot give result "${cid}": this node keeps it no more`, {
    cause,
    hint: "Another node may have it: GET …/jobs/:id/results/download.tar.gz on the requester, or gadus get.",
  });
}

function notFetched(cid: string, cause: unknown): NodeError {
  return new NodeError(
    "node/not-retrievable",
    `Cannot fetch result "${cid}": no node that has it was found`,
    {
      cause,
    },
  );
}

function tooMany(max: number): NodeError {
  const state = `${max} are being sent, the most allowed`;
  return new NodeError("node/overloaded", `Cannot send the result: ${state}`, {
    hint: "Try again later, or raise compute.publishers.local.maxDownloads on the node.",
  });
}
