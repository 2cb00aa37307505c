import type { JobDocument } from "@gadus/protocol";

/** Fields that a requester sets: they come back with a document that was fetched from it. */
const OURS: ReadonlySet<string> = new Set(["ID", "State", "Version", "Revision", "CreateTime", "ModifyTime"]);
const DEFAULTS: Readonly<Record<string, unknown>> = {
  Namespace: "default",
  Type: "batch",
  Priority: 0,
  Count: 1,
};

/** The most characters of one value, and lines, that are shown. */
const MAX_VALUE_LENGTH = 200;
const MAX_LINES = 1_000;

/**
 * What changes from one document to another, as unified text: a line a value, by the path of its field, those that go
 * with `-` and those that come with `+`. Empty where they say the same.
 *
 * @example
 * ```
 * -Tasks[0].Engine.Params.Image: "busybox:1.36"
 * +Tasks[0].Engine.Params.Image: "busybox:1.37"
 * ```
 */
export function diffDocuments(before: JobDocument | undefined, after: JobDocument): string {
  const old = before === undefined ? new Map<string, unknown>() : valuesOf(before);
  const fresh = valuesOf(after);
  const paths = [...new Set([...old.keys(), ...fresh.keys()])].sort();
  const lines = paths.flatMap((path) => {
    if (old.get(path) === fresh.get(path)) return [];
    return [...line("-", path, old), ...line("+", path, fresh)];
  });
  const more = lines.length - MAX_LINES;
  const shown = more > 0 ? [...lines.slice(0, MAX_LINES), `… and ${more} lines more`] : lines;
  return shown.map((text) => `${text}\n`).join("");
}

function line(sign: string, path: string, values: ReadonlyMap<string, unknown>): readonly string[] {
  if (!values.has(path)) return [];
  const text = JSON.stringify(values.get(path));
  const isLong = text.length > MAX_VALUE_LENGTH;
  return [
    `${sign}${path}: ${isLong ? `${text.slice(0, MAX_VALUE_LENGTH)}… (${text.length} characters)` : text}`,
  ];
}

/** Every text, number and flag of a document by its path; what a document doesn't say is as good as its default. */
function valuesOf(document: JobDocument): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  const visit = (path: string, value: unknown): void => {
    if (Array.isArray(value)) for (const [index, each] of value.entries()) visit(`${path}[${index}]`, each);
    else if (typeof value === "object" && value !== null) {
      for (const [key, each] of Object.entries(value)) visit(path === "" ? key : `${path}.${key}`, each);
    } else if (value !== null && value !== undefined) values.set(path, value);
  };
  const said = Object.entries(document).filter(
    ([key, value]) => !OURS.has(key) && value !== null && value !== "",
  );
  visit("", { ...DEFAULTS, ...Object.fromEntries(said) });
  return values;
}
