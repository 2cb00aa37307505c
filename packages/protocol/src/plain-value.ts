/** Levels of lists and objects within one another. */
export const MAX_VALUE_DEPTH = 32;
/** Values in one document, those within others counted too. */
const MAX_VALUES = 200_000;

/** What keeps a value from being plain, and where. */
export interface PlainProblem {
  /** Such as `Tasks[0].Engine`; `""` for the value itself. */
  readonly path: string;
  readonly state: string;
}

/**
 * Why `value` is not what JSON can hold: null, booleans, finite numbers, well-formed text, lists and objects.
 *
 * Properties that are `undefined` count as absent. It takes bounded time and stack, whatever `value` is.
 */
export function plainProblem(value: unknown): PlainProblem | undefined {
  const left: { value: unknown; path: string; depth: number }[] = [{ value, path: "", depth: 0 }];
  let seen = 0;
  for (let item = left.pop(); item !== undefined; item = left.pop()) {
    const { path, depth } = item;
    const state = scalarProblem(item.value);
    if (state !== undefined) return { path, state };
    if (typeof item.value !== "object" || item.value === null) continue;
    if (depth >= MAX_VALUE_DEPTH) return { path, state: `nested more than ${MAX_VALUE_DEPTH} levels deep` };
    const isList = Array.isArray(item.value);
    const entries = Object.entries(item.value);
    seen += entries.length;
    if (seen > MAX_VALUES) return { path, state: `more than ${MAX_VALUES} values` };
    for (const [key, child] of entries) {
      if (!key.isWellFormed()) return { path, state: "a name in it is not well-formed Unicode" };
      left.push({ value: child, path: isList ? `${path}[${key}]` : joinPath(path, key), depth: depth + 1 });
    }
  }
  return undefined;
}

/** The path of `key` within `path`. */
export function joinPath(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function scalarProblem(value: unknown): string | undefined {
  switch (typeof value) {
    case "undefined":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : "not a finite number";
    case "string":
      return value.isWellFormed() ? undefined : "not well-formed Unicode";
    case "object":
      return value === null || Array.isArray(value) || isPlainObject(value)
        ? undefined
        : "not plain data such as JSON has";
    default:
      return "not plain data such as JSON has";
  }
}

/** Whether `value` is an object of its own properties only, made by a parser or a literal. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
