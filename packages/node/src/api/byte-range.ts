import type { Readable } from "node:stream";
import type { FastifyReply } from "fastify";

/** Bytes `from` up to `to`, without that one. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** The bytes that a header asks for; undefined is all: several ranges, or another unit, are none that is understood. */
function rangeOf(header: string | undefined, sizeBytes: number): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return undefined;
  const [, first = "", last = ""] = match;
  const from = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const to = first === "" || last === "" ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  return from < to ? { from, to } : "unsatisfiable";
}

/** What is sent by {@link sendRange}. */
export interface Ranged {
  /** The range that is asked for. */
  readonly wanted: string | undefined;
  readonly sizeBytes: number;
  /** The bytes of a range; without one, all. */
  readonly content: (range?: ByteRange) => Readable;
}

/** Answers with the bytes that are asked for, or says that there are none (RFC 9110, 14). */
export function sendRange(reply: FastifyReply, { wanted, sizeBytes, content }: Ranged): FastifyReply {
  const range = rangeOf(wanted, sizeBytes);
  if (range === "unsatisfiable")
    return reply.code(416).header("content-range", `bytes */${sizeBytes}`).send("");
  reply.header("content-length", range === undefined ? sizeBytes : range.to - range.from);
  if (range !== undefined)
    reply.code(206).header("content-range", `bytes ${range.from}-${range.to - 1}/${sizeBytes}`);
  return reply.send(content(range));
}
