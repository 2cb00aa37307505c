/**
 * A record as it is stored: JSON, without properties that are `undefined`.
 *
 * Bytes become text that begins with NUL and `b`, in base64; text that begins with NUL gets another NUL and `s` before
 * it, so that every value comes back as it was.
 */
export function toStored(value: unknown): string {
  return JSON.stringify(value, replace);
}

/** The record in a column that {@link toStored} filled. */
export function fromStored<T>(column: unknown): T {
  if (typeof column !== "string") throw new TypeError("Cannot read a stored record: the column is no text");
  return JSON.parse(column, column.includes(MARK_IN_JSON) ? revive : undefined) as T;
}

const MARK = "\u0000";
const MARK_IN_JSON = '"\\u0000';

/** `this` is what holds the value: a `Buffer` has been made another object by the time it gets here. */
function replace(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const original = this[key];
  if (original instanceof Uint8Array) return `${MARK}b${Buffer.from(original).toString("base64")}`;
  return typeof value === "string" && value.startsWith(MARK) ? `${MARK}s${value}` : value;
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith(MARK)) return value;
  return value.startsWith("b", 1) ? new Uint8Array(Buffer.from(value.slice(2), "base64")) : value.slice(2);
}
