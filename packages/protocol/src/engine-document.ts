import { z } from "zod";
import { canonicalKeys } from "./canonical-keys.ts";
import { parseDocker } from "./docker-document.ts";
import { checkField, invalidField } from "./document-field.ts";
import { environmentOf } from "./environment.ts";
import {
  type DockerParams,
  noopParamsSchema,
  type NoopParams,
  type WasmParams,
  wasmParamsSchema,
} from "./engine-params.ts";
import {
  dockerDocumentSchema,
  entryModuleSchema,
  type NoopDocument,
  noopDocumentSchema,
  type WasmDocument,
  wasmDocumentSchema,
} from "./engine-schema.ts";
import { type SpecDocument, specDocumentSchema } from "./job-schema.ts";
import { checkTarget, type InputSpec, parseSource } from "./source-document.ts";

/** What runs the task, with the parameters that its executor understands. */
export interface EngineSpec {
  readonly type: "wasm" | "docker" | "noop";
  readonly params: WasmParams | DockerParams | NoopParams;
  /** Environment that the engine's parameters carry; it wins over the task's. */
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds since 1970 at which the task's clock starts. @default 2000-01-01T00:00:00Z */
  readonly epochMs: number;
  /** 32 bytes in hex, the seed of the job's randomness. @default zeros */
  readonly seed: string;
  /** A module, or an image's archive, given as a source of its own instead of a path. */
  readonly module?: InputSpec;
  /** Whether a container may write anywhere, where its node lets it. @default false */
  readonly writableRoot?: boolean;
}

const DEFAULT_EPOCH_MS = 946_684_800_000;
/** A guest reads its clock as nanoseconds in a signed 64-bit number. */
const MAX_EPOCH_MS = 9_223_372_036_854;
const DEFAULT_SEED = "00".repeat(32);
const DEFAULT_MODULE_TARGET = "/module.wasm";

/** The engine that `document` describes; the paths of parameters that it doesn't know are added to `unknownKeys`. */
export function parseEngine(document: SpecDocument, field: string, unknownKeys: string[]): EngineSpec {
  const type = document.Type.toLowerCase();
  const params = `${field}.Params`;
  if (type === "wasm")
    return parseWasm(readParams(wasmDocumentSchema, document, params, unknownKeys), params);
  if (type === "noop")
    return parseNoop(readParams(noopDocumentSchema, document, params, unknownKeys), params);
  if (type === "docker") {
    const given = readParams(dockerDocumentSchema, document, params, unknownKeys);
    return { type, ...parseDocker(given, params), epochMs: DEFAULT_EPOCH_MS, seed: DEFAULT_SEED };
  }
  throw invalidField(`${field}.Type`, `unknown engine "${document.Type}"`, "Use docker, wasm or noop.");
}

function readParams<T>(
  schema: z.ZodType<T>,
  document: SpecDocument,
  field: string,
  unknownKeys: string[],
): T {
  const canonical = canonicalKeys(schema, document.Params ?? {}, field);
  unknownKeys.push(...canonical.unknownKeys);
  return checkField(schema, canonical.value, field);
}

function parseWasm(given: WasmDocument, field: string): EngineSpec {
  if (given.EntryModule === undefined || given.EntryModule === null || given.EntryModule === "") {
    const hint = "Name the path at which an input source puts the module, such as /main.wasm.";
    throw invalidField(`${field}.EntryModule`, "missing", hint);
  }
  const entry = parseEntryModule(given.EntryModule, `${field}.EntryModule`);
  const wish: WasmParams = {
    entryModule: entry.path,
    entrypoint: given.Entrypoint || "_start",
    parameters: given.Parameters ?? [],
    importModules: (given.ImportModules ?? []).map((path, index) =>
      checkTarget(path, `${field}.ImportModules[${index}]`),
    ),
    ...(typeof given.Fuel === "number" && given.Fuel !== 0 && { fuel: given.Fuel }),
    ...(typeof given.Stdin === "string" && { stdin: given.Stdin }),
    ...(given.OutputOverflow && { outputOverflow: given.OutputOverflow }),
  };
  return {
    type: "wasm",
    params: checkField(wasmParamsSchema, wish, field),
    ...common(given, field),
    ...(entry.module !== undefined && { module: entry.module }),
  };
}

function parseEntryModule(value: unknown, field: string): { path: string; module?: InputSpec } {
  const given = checkField(entryModuleSchema, canonicalSource(value, field), field);
  if (typeof given === "string") return { path: checkTarget(given, field) };
  const source = "Source" in given ? parseSource(given.Source, `${field}.Source`) : parseSource(given, field);
  const wish = ("Target" in given ? given.Target : undefined) || DEFAULT_MODULE_TARGET;
  const target = checkTarget(wish, `${field}.Target`);
  return { path: target, module: { source, alias: "", target } };
}

function canonicalSource(value: unknown, field: string): unknown {
  const withSource = z.object({ Source: specDocumentSchema, Alias: z.string(), Target: z.string() });
  const asSource = canonicalKeys(withSource, value, field).value;
  const hasSource = typeof asSource === "object" && asSource !== null && "Source" in asSource;
  return hasSource ? asSource : canonicalKeys(specDocumentSchema, value, field).value;
}

function parseNoop(given: NoopDocument, field: string): EngineSpec {
  const wish = {
    stdout: given.Stdout ?? "",
    exitCode: given.ExitCode ?? 0,
    durationMs: given.DurationMs ?? 0,
  };
  return { type: "noop", params: checkField(noopParamsSchema, wish, field), ...common(given, field) };
}

function common(
  given: Pick<WasmDocument, "EnvironmentVariables" | "Epoch" | "Seed">,
  field: string,
): Pick<EngineSpec, "environment" | "epochMs" | "seed"> {
  return {
    environment: environmentOf(given.EnvironmentVariables ?? {}, `${field}.EnvironmentVariables`),
    epochMs: epochOf(given.Epoch ?? DEFAULT_EPOCH_MS, `${field}.Epoch`),
    seed: given.Seed?.toLowerCase() ?? DEFAULT_SEED,
  };
}

function epochOf(given: string | number, field: string): number {
  // oxlint-disable-next-line no-restricted-globals -- reading a full ISO time asks no clock
  const epochMs = typeof given === "number" ? given : Date.parse(given);
  if (epochMs >= 0 && epochMs <= MAX_EPOCH_MS) return epochMs;
  throw invalidField(field, `"${given}" is out of range`, "Write a time from 1970 to 2262.");
}
