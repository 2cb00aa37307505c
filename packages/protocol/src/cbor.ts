import { decode, encode } from "@ipld/dag-cbor";
import type { z } from "zod";
import { messageOf } from "./coded-error.ts";
import { ProtocolError } from "./protocol-error.ts";

/**
 * A plain value in deterministic DAG-CBOR; properties that are `undefined` are left out.
 *
 * @throws {ProtocolError} `protocol/invalid-message` for what the format doesn't have, such as NaN
 */
export function encodeValue(value: unknown): Uint8Array {
  try {
    return encode(withoutUndefined(value));
  } catch (error) {
    throw new ProtocolError("protocol/invalid-message", `Cannot write a message: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * The value in `bytes`, of the shape that `schema` says.
 *
 * @throws {ProtocolError} `protocol/message-too-large`, `protocol/invalid-message`
 */
export function decodeValue<T>(schema: z.ZodType<T>, bytes: Uint8Array, maxBytes: number): T {
  if (bytes.length > maxBytes) {
    const state = `${bytes.length} bytes are more than ${maxBytes}`;
    throw new ProtocolError("protocol/message-too-large", `Cannot read a message: ${state}`, {
      blame: "node",
    });
  }
  const parsed = schema.safeParse(decodeCbor(bytes));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "its type" : issue.path.join(".");
  throw new ProtocolError("protocol/invalid-message", `Cannot read a message: ${where}: ${issue?.message}`, {
    blame: "node",
  });
}

function decodeCbor(bytes: Uint8Array): unknown {
  try {
    return decode(bytes);
  } catch (error) {
    throw new ProtocolError("protocol/invalid-message", `Cannot read a message: ${messageOf(error)}`, {
      blame: "node",
      cause: error,
    });
  }
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) entries.push([key, withoutUndefined(item)]);
  }
  const result = Object.fromEntries(entries);
  // Where "/" equals "bytes" the encoder takes an object for a link to other data; a map it takes as it is.
  return Object.hasOwn(result, "/") && result["/"] === result["bytes"] ? new Map(entries) : result;
}
