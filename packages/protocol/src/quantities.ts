import { invalidField, shorten } from "./document-field.ts";

const MEMORY_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};

/** Thousandths of a core from `"500m"`, `"1"`, `"0.5"`, or a number of cores. */
export function parseCpuMillis(text: string | number, field: string): number {
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(String(text).trim());
  const millis = match === null ? Number.NaN : Math.round(Number(match[1]) * (match[2] === "m" ? 1 : 1000));
  if (!Number.isSafeInteger(millis))
    throw invalidField(
      field,
      `"${shorten(String(text))}" is not an amount of CPU`,
      `Write cores, such as "500m" or "2".`,
    );
  return millis;
}

/** Bytes from `"512Mb"`, `"2Gi"`, `"1GB"` (multiples of 1024, as the field's tools count), or a number of bytes. */
export function parseSizeBytes(text: string | number, field: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])i?)?b?$/i.exec(String(text).trim());
  const unit = MEMORY_UNITS[match?.[2]?.toLowerCase() ?? ""] ?? 1;
  const bytes = match === null ? Number.NaN : Math.round(Number(match[1]) * unit);
  if (!Number.isSafeInteger(bytes))
    throw invalidField(
      field,
      `"${shorten(String(text))}" is not a size`,
      `Write a size such as "512Mb" or "2Gi".`,
    );
  return bytes;
}
