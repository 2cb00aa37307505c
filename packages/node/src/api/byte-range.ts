/** Bytes `from` up to `to`, without that one. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** The bytes that a header asks for; undefined is all: several ranges, or another unit, are none that is understood. */
export function rangeOf(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return undefined;
  const [, first = "", last = ""] = match;
  const from = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const to = first === "" || last === "" ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  return from < to ? { from, to } : "unsatisfiable";
}
