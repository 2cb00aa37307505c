import { decodeValue, encodeValue } from "@gadus/protocol";
import { z } from "zod";

/** A record as it is stored: deterministic DAG-CBOR, without properties that are `undefined`. */
export function toStored(value: unknown): Uint8Array {
  return encodeValue(value);
}

/** The record in a column that {@link toStored} filled. */
export function fromStored<T>(column: unknown): T {
  if (!(column instanceof Uint8Array))
    throw new TypeError("Cannot read a stored record: the column is no blob");
  return decodeValue(z.custom<T>(), column, Number.MAX_SAFE_INTEGER);
}
