import { canonicalKeys, MAX_UNKNOWN_KEYS } from "./canonical-keys.ts";
import { type Deal, makeDeal } from "./deal.ts";
import { checkField, invalidField, shorten } from "./document-field.ts";
import { type Constraint, type JobDocument, jobSchema, type SpecDocument } from "./job-schema.ts";
import { plainProblem } from "./plain-value.ts";
import { parseTask, type TaskSpec } from "./task-spec.ts";

/** What a submitter wants, checked, with our own names and units and every default in place. */
export interface JobSpec {
  readonly name: string;
  readonly namespace: string;
  readonly type: "batch";
  readonly priority: number;
  /** Partitions. */
  readonly count: number;
  readonly constraints: readonly Constraint[];
  readonly deal: Deal;
  readonly verifier: { readonly type: string; readonly params: Readonly<Record<string, unknown>> };
  readonly task: TaskSpec;
}

/** What a node fills in where neither the document nor its `Meta` says. */
export interface JobDefaults {
  readonly concurrency?: number;
  readonly minBids?: number;
  readonly confidence?: number;
  readonly selection?: string;
  readonly verifier?: string;
  readonly publisher?: string;
}

/** A document that was understood. */
export interface ParsedJob {
  /** The document with canonical keys, as `GET` gives it back. */
  readonly document: JobDocument;
  readonly spec: JobSpec;
  /** What was ignored, in words. */
  readonly warnings: readonly string[];
}

const MAX_TYPE_LENGTH = 64;

/**
 * Reads a job document, keys in any letter case, unknown keys ignored.
 *
 * An explicit `Deal` or `Verifier` wins over the `Meta` keys `gadus/concurrency`, `gadus/min-bids`,
 * `gadus/confidence`, `gadus/selection` and `gadus/verifier`, and those over `defaults`.
 *
 * @throws {ProtocolError} `protocol/invalid-document` naming the field and the fix
 */
export function parseJobDocument(value: unknown, defaults: JobDefaults = {}): ParsedJob {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidField("Job", "not an object", "Send a job document with at least Type and Tasks.");
  }
  const problem = plainProblem(value);
  if (problem !== undefined) {
    throw invalidField(problem.path || "Job", problem.state, "Send plain JSON or YAML.");
  }
  const { value: canonical, unknownKeys: ignored } = canonicalKeys(jobSchema, value);
  const unknownKeys = [...ignored];
  const document = checkField(jobSchema, canonical, "");
  const type = document.Type?.toLowerCase() || "batch";
  if (type !== "batch") throw invalidField("Type", `"${document.Type}" is not supported yet`, `Use "batch".`);
  const taskDocument = document.Tasks[0];
  if (taskDocument === undefined) throw invalidField("Tasks", "empty", "Name one task.");
  const spec: JobSpec = {
    name: document.Name ?? "",
    namespace: document.Namespace || "default",
    type: "batch",
    priority: document.Priority ?? 0,
    count: document.Count || 1,
    constraints: document.Constraints ?? [],
    deal: dealOf(document, defaults),
    verifier: verifierOf(document, defaults),
    task: parseTask(taskDocument, defaults.publisher ?? "ipfs", unknownKeys),
  };
  const warnings = unknownKeys
    .slice(0, MAX_UNKNOWN_KEYS)
    .map((path) => `${shorten(path)} is not a field of a job document; it was ignored`);
  return { document, spec, warnings };
}

function dealOf(document: JobDocument, defaults: JobDefaults): Deal {
  const wish = document.Deal ?? {};
  const concurrency = wish.Concurrency ?? metaNumber(document, "gadus/concurrency") ?? defaults.concurrency;
  return makeDeal({
    concurrency,
    minBids: wish.MinBids ?? metaNumber(document, "gadus/min-bids") ?? atLeast(defaults.minBids, concurrency),
    confidence:
      wish.Confidence ?? metaNumber(document, "gadus/confidence") ?? atMost(defaults.confidence, concurrency),
    selection: wish.Selection ?? metaSelection(document) ?? defaults.selection,
  });
}

/** A node's default never makes a job illegal that says less than the default expects. */
function atLeast(byDefault: number | undefined, concurrency = 1): number | undefined {
  return byDefault === undefined ? undefined : Math.max(byDefault, concurrency);
}

function atMost(byDefault: number | undefined, concurrency = 1): number | undefined {
  return byDefault === undefined ? undefined : Math.min(byDefault, Math.max(1, concurrency));
}

function metaNumber(document: JobDocument, key: string): number | undefined {
  const text = document.Meta?.[key];
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text))
    throw invalidField(`Meta["${key}"]`, `"${shorten(text)}" is not a whole number`, "Write a whole number.");
  return Number(text);
}

function metaSelection(document: JobDocument): string | undefined {
  const key = "gadus/selection";
  const type = document.Meta?.[key];
  if (type === undefined || (type !== "" && type.length <= MAX_TYPE_LENGTH)) return type;
  throw invalidField(
    `Meta["${key}"]`,
    `"${shorten(type)}" is no strategy`,
    "Use random, ranked or reputation.",
  );
}

function verifierOf(document: JobDocument, defaults: JobDefaults): JobSpec["verifier"] {
  const key = "gadus/verifier";
  const type = document.Meta?.[key] ?? defaults.verifier ?? "deterministic";
  if (!document.Verifier && (type === "" || type.length > MAX_TYPE_LENGTH)) {
    throw invalidField(`Meta["${key}"]`, `"${shorten(type)}" is no verifier`, "Use deterministic or none.");
  }
  const spec: SpecDocument = document.Verifier ?? { Type: type };
  return { type: spec.Type.toLowerCase(), params: spec.Params ?? {} };
}
