import { encodeValue } from "./cbor.ts";
import { checkContainerPaths } from "./container-paths.ts";
import { invalidField } from "./document-field.ts";
import { type EngineSpec, parseEngine } from "./engine-document.ts";
import { checkEnvironment } from "./environment.ts";
import type { SpecDocument, TaskDocument } from "./job-schema.ts";
import { parseNetwork } from "./network-document.ts";
import { parseCpuMillis, parseSizeBytes } from "./quantities.ts";
import { checkTarget, hasControlCharacters, type InputSpec, parseSource } from "./source-document.ts";
import { MAX_INPUTS, type Resources, type Spec } from "./task.ts";

/** The task of a job, before the requester has resolved what its sources stand for. */
export interface TaskSpec {
  readonly name: string;
  readonly engine: EngineSpec;
  readonly inputs: readonly InputSpec[];
  readonly resultPaths: readonly { readonly name: string; readonly path: string }[];
  readonly environment: Readonly<Record<string, string>>;
  /** As far as the document says; the rest is the node's default. */
  readonly resources: Partial<Resources>;
  readonly network: { readonly type: "none" | "http" | "full"; readonly domains: readonly string[] };
  readonly publisher: Spec;
  /** 0 or absent in the document: the node's default. */
  readonly timeouts: {
    readonly bidMs?: number;
    readonly startMs?: number;
    readonly executionMs?: number;
    readonly proposeMs?: number;
    readonly publishMs?: number;
    readonly queueMs?: number;
    readonly totalMs?: number;
  };
}

const FIELD = "Tasks[0]";
const RESERVED_NAMES = ["stdout", "stderr", "exitCode"];
const MAX_ATTRIBUTE_NAME = 256;
const MAX_ATTRIBUTE_LENGTH = 4096;
/** A folder's name is no longer on any common file system. */
const MAX_NAME_BYTES = 255;
/** Parameters, environment and paths of one task: they travel in one message, beside attached blocks. */
const MAX_TASK_BYTES = 512 * 1024;

/** The task that `document` describes; the paths of what it doesn't know are added to `unknownKeys`. */
export function parseTask(document: TaskDocument, defaultPublisher: string, unknownKeys: string[]): TaskSpec {
  const engine = parseEngine(document.Engine, `${FIELD}.Engine`, unknownKeys);
  const inputs = (document.InputSources ?? []).map((input, index) => {
    const field = `${FIELD}.InputSources[${index}]`;
    const target = checkTarget(input.Target, `${field}.Target`);
    return { source: parseSource(input.Source, `${field}.Source`), alias: input.Alias ?? "", target };
  });
  const all = engine.module === undefined ? inputs : [...inputs, engine.module];
  if (all.length > MAX_INPUTS) {
    const state = `${all.length} with what the engine brings, more than ${MAX_INPUTS}`;
    throw invalidField(`${FIELD}.InputSources`, state, "Put what belongs together into one folder.");
  }
  const resultPaths = (document.ResultPaths ?? []).map(({ Name, Path }, index) => {
    const field = `${FIELD}.ResultPaths[${index}]`;
    return { name: checkName(Name, `${field}.Name`), path: checkTarget(Path, `${field}.Path`) };
  });
  checkDistinct(
    all.map((input) => input.target),
    `${FIELD}.InputSources`,
    "target",
  );
  checkDistinct(
    resultPaths.map((result) => result.name),
    `${FIELD}.ResultPaths`,
    "name",
  );
  checkDistinct(
    resultPaths.map((result) => result.path),
    `${FIELD}.ResultPaths`,
    "path",
  );
  checkModules(engine, all);
  checkContainer(engine, all, resultPaths);
  const { Type: publisherType, Params: publisherParams } = document.Publisher ?? {};
  const publisher = publisherType
    ? { Type: publisherType, Params: publisherParams }
    : { Type: defaultPublisher };
  const spec: TaskSpec = {
    name: document.Name || "main",
    engine,
    inputs: all,
    resultPaths,
    environment: { ...checkEnvironment(document.Env ?? {}, `${FIELD}.Env`), ...engine.environment },
    resources: parseResources(document.Resources ?? {}),
    network: parseNetwork(document.Network ?? {}, `${FIELD}.Network`),
    publisher: parseSpec(publisher, `${FIELD}.Publisher`),
    timeouts: parseTimeouts(document.Timeouts ?? {}),
  };
  checkSize(spec);
  if (engine.type === "docker" && spec.network.type === "http" && spec.network.domains.length === 0) {
    const hint = "Name what it may reach, such as example.com or *.example.com.";
    throw invalidField(`${FIELD}.Network.Domains`, "empty, so that HTTP reaches nothing", hint);
  }
  return spec;
}

function checkModules({ params }: EngineSpec, inputs: readonly InputSpec[]): void {
  if (!("entryModule" in params)) return;
  const modules: [string, string][] = [
    ["EntryModule", params.entryModule],
    ...params.importModules.map((path, index): [string, string] => [`ImportModules[${index}]`, path]),
  ];
  for (const [key, path] of modules) {
    if (inputs.some(({ target }) => path === target || path.startsWith(`${target}/`))) continue;
    const hint = "Name a path at or below the Target of an input source, such as /main.wasm.";
    throw invalidField(`${FIELD}.Engine.Params.${key}`, `no input source puts a file at "${path}"`, hint);
  }
}

function checkContainer(
  { params }: EngineSpec,
  inputs: readonly InputSpec[],
  resultPaths: TaskSpec["resultPaths"],
): void {
  if (!("image" in params)) return;
  const { image } = params;
  if (image.startsWith("/") && !inputs.some(({ target }) => target === image)) {
    const hint =
      "Name the Target of an input source that is an archive as `docker save` writes it, or an image such as ubuntu:24.04.";
    throw invalidField(`${FIELD}.Engine.Params.Image`, `no input source is at "${image}"`, hint);
  }
  const mounts = inputs
    .map(({ target: path }, index) => ({ path, field: `${FIELD}.InputSources[${index}].Target` }))
    .filter(({ path }) => path !== image);
  const results = resultPaths.map(({ path }, index) => ({
    path,
    field: `${FIELD}.ResultPaths[${index}].Path`,
  }));
  checkContainerPaths(mounts, results);
}

function checkSize(spec: TaskSpec): void {
  const { engine, environment, resultPaths, publisher } = spec;
  const targets = spec.inputs.map(({ target, alias }) => ({ target, alias }));
  const sizeBytes = encodeValue({
    params: engine.params,
    environment,
    resultPaths,
    targets,
    publisher,
  }).length;
  if (sizeBytes <= MAX_TASK_BYTES) return;
  const state = `${sizeBytes} bytes of parameters, environment and paths are more than ${MAX_TASK_BYTES}`;
  throw invalidField(FIELD, state, "Give what is large as an input source.");
}

function parseSpec(document: SpecDocument, field: string): Spec {
  const params: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(document.Params ?? {})) {
    const simple = typeof value === "number" || typeof value === "boolean";
    const short = typeof value === "string" && value.length <= MAX_ATTRIBUTE_LENGTH;
    if (key !== "" && key.length <= MAX_ATTRIBUTE_NAME && (simple || short)) params[key] = value;
    else
      throw invalidField(
        `${field}.Params.${key}`,
        "not a short text, a number or a boolean",
        "Write a plain value.",
      );
  }
  return { type: document.Type.toLowerCase(), params };
}

function parseResources(document: NonNullable<TaskDocument["Resources"]>): Partial<Resources> {
  const field = `${FIELD}.Resources`;
  const given = <T>(value: T | null | undefined): value is T =>
    value !== null && value !== undefined && value !== "";
  return {
    ...(given(document.CPU) && { cpuMillis: parseCpuMillis(document.CPU, `${field}.CPU`) }),
    ...(given(document.Memory) && { memoryBytes: parseSizeBytes(document.Memory, `${field}.Memory`) }),
    ...(given(document.Disk) && { diskBytes: parseSizeBytes(document.Disk, `${field}.Disk`) }),
    ...(given(document.GPU) && { gpus: Math.ceil(parseCpuMillis(document.GPU, `${field}.GPU`) / 1000) }),
  };
}

function parseTimeouts(document: NonNullable<TaskDocument["Timeouts"]>): TaskSpec["timeouts"] {
  const inMs = (key: string, seconds: number | null | undefined) =>
    seconds ? { [key]: seconds * 1000 } : {};
  return {
    ...inMs("bidMs", document.BidTimeout),
    ...inMs("startMs", document.StartTimeout),
    ...inMs("executionMs", document.ExecutionTimeout),
    ...inMs("proposeMs", document.ProposeTimeout),
    ...inMs("publishMs", document.PublishTimeout),
    ...inMs("queueMs", document.QueueTimeout),
    ...inMs("totalMs", document.TotalTimeout),
  };
}

function checkName(name: string, field: string): string {
  const bytes = new TextEncoder().encode(name).length;
  const hostile = /[/\ufffd]/.test(name) || name.endsWith("\\") || hasControlCharacters(name);
  const wrong = hostile || name === "." || name === ".." || bytes > MAX_NAME_BYTES;
  if (!wrong && !RESERVED_NAMES.includes(name)) return name;
  throw invalidField(
    field,
    `"${name}" can't name a results folder`,
    "Use letters, digits, - and _, such as outputs.",
  );
}

function checkDistinct(values: readonly string[], field: string, what: string): void {
  const again = values.find((value, index) => values.indexOf(value) !== index);
  if (again !== undefined)
    throw invalidField(field, `${what} "${again}" is there twice`, `Give each its own ${what}.`);
}
