import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { messageOf } from "@gadus/protocol";
import { isMap, LineCounter, parseDocument, type Document } from "yaml";
import type { z } from "zod";
import { type ConfigKey, configKeys, sectionKeys } from "./config-keys.ts";
import { type ConfigPatch, configSchema, type NodeConfig } from "./config-schema.ts";
import { NodeError } from "../node-error.ts";
import { nearestName } from "./nearest-name.ts";

/** Where a configuration comes from; each later source wins over those before. */
export interface ConfigSources {
  /** A YAML file. */
  readonly file?: string | undefined;
  /** The process's environment: `GADUS_` and the setting's path, such as `GADUS_API_PORT`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What was given on the command line. */
  readonly flags?: ConfigPatch;
}

const MAX_CONFIG_BYTES = 1024 * 1024;

/** What the command reads of the same environment, and a node doesn't. */
const CLIENT_VARIABLES: ReadonlySet<string> = new Set(["GADUS_API_KEY", "GADUS_API_CA"]);

type Section = Readonly<Record<string, unknown>>;
/** Some settings, where they come from, and how to name the place of each. */
export interface Layer {
  readonly source: "file" | "environment" | "flag";
  readonly values: Section;
  where(path: readonly string[]): string;
}

/**
 * A node's configuration: defaults, then the file, then the environment, then flags.
 *
 * Sections and labels are merged; lists are replaced.
 *
 * @throws {NodeError} `node/invalid-config` naming the setting, where it stands, and what would be right
 */
export async function loadConfig(sources: ConfigSources = {}): Promise<NodeConfig> {
  const layers = await readLayers(sources);
  const parsed = configSchema.safeParse(mergeLayers(layers));
  if (!parsed.success) throw invalidValue(parsed.error, layers);
  return { ...parsed.data, dataFolder: absolute(parsed.data.dataFolder) };
}

/** What each source sets, those that win last; all of it are settings that there are. */
export async function readLayers({ file, env = {}, flags = {} }: ConfigSources): Promise<readonly Layer[]> {
  const layers: Layer[] = [];
  if (file !== undefined) layers.push(await fileLayer(file));
  layers.push(environmentLayer(env));
  layers.push({ source: "flag", values: flags, where: (path) => `the flag for ${path.join(".")}` });
  for (const layer of layers) checkKeys(layer, layer.values, []);
  return layers;
}

/** All that is set, as people wrote it. */
export function mergeLayers(layers: readonly Layer[]): Section {
  return layers.reduce<Section>((all, layer) => merge(all, layer.values), {});
}

function absolute(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : resolve(path);
}

async function fileLayer(file: string): Promise<Layer> {
  const lines = new LineCounter();
  const document = parseDocument(await readText(file), { lineCounter: lines });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const { line, col } = lines.linePos(problem.pos[0]);
    const [message] = problem.message.split(/ at line /);
    throw invalid(`Cannot read ${file}:${line}:${col}: ${message}`, "Correct the YAML there.", problem);
  }
  const values: unknown = document.toJS({ maxAliasCount: 100 });
  if (values === null || values === undefined) return { source: "file", values: {}, where: () => file };
  if (!isSection(values))
    throw invalid(`Cannot read ${file}: it is not a map of settings`, "Write `name: value`.");
  return { source: "file", values, where: (path) => placeOf(document, lines, file, path) };
}

async function readText(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    if (bytes.length <= MAX_CONFIG_BYTES) return bytes.toString();
    throw new RangeError(`${bytes.length} bytes are more than ${MAX_CONFIG_BYTES}`);
  } catch (error) {
    throw invalid(`Cannot read ${file}: ${messageOf(error)}`, "Name a YAML file that can be read.", error);
  }
}

function placeOf(document: Document, lines: LineCounter, file: string, path: readonly string[]): string {
  const parent: unknown = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === path.at(-1)) : undefined;
  const range = (pair?.key as { range?: readonly number[] } | undefined)?.range;
  if (range?.[0] === undefined) return file;
  const { line, col } = lines.linePos(range[0]);
  return `${file}:${line}:${col}`;
}

function environmentLayer(env: NonNullable<ConfigSources["env"]>): Layer {
  const keys = configKeys(configSchema);
  const byVariable = new Map(keys.map((key) => [key.variable, key]));
  const sections = [
    ...new Set(keys.filter(({ path }) => path.length > 1).map(({ path }) => sectionVariable(path))),
  ];
  let values: Section = {};
  for (const [variable, text] of Object.entries(env)) {
    if (text === undefined || !variable.startsWith("GADUS_") || CLIENT_VARIABLES.has(variable)) continue;
    const key = byVariable.get(variable);
    if (key !== undefined) values = merge(values, nest(key.path, readVariable(key, text)));
    else if (sections.some((section) => variable.startsWith(section)))
      throw invalid(
        `Cannot use ${variable}: there is no such setting`,
        suggest(variable, [...byVariable.keys()]),
      );
  }
  return {
    source: "environment",
    values,
    where: (path) =>
      keys.find((key) => key.path.every((name, index) => name === path[index]))?.variable ?? "GADUS_*",
  };
}

function sectionVariable(path: readonly string[]): string {
  return `GADUS_${path[0]?.toUpperCase()}_`;
}

/** The value that `text` writes, as a variable of the environment does; what it isn't stays text. */
export function readVariable(key: ConfigKey, text: string): unknown {
  const parts = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  switch (key.kind) {
    case "number":
      return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
    case "boolean":
      return /^(true|1|yes)$/i.test(text) || (/^(false|0|no)$/i.test(text) ? false : text);
    case "list":
      return parts;
    case "map":
      return Object.fromEntries(parts.map((part) => readPair(key, part)));
    case "text":
    case "quantity":
      return text;
  }
}

function readPair(key: ConfigKey, part: string): readonly [string, string] {
  const at = part.indexOf("=");
  if (at > 0) return [part.slice(0, at), part.slice(at + 1)];
  throw invalid(`Cannot use ${key.variable}: "${part}" is not NAME=VALUE`, "Write NAME=VALUE,NAME=VALUE.");
}

function nest(path: readonly string[], value: unknown): Section {
  return path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Section;
}

function merge(under: Section, over: Section): Section {
  const result: Record<string, unknown> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const before = result[name];
    result[name] = isSection(before) && isSection(value) ? merge(before, value) : value;
  }
  return result;
}

function isSection(value: unknown): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkKeys(layer: Layer, values: Section, path: readonly string[]): void {
  const known = sectionKeys(configSchema, path);
  if (known === undefined) return;
  for (const [name, value] of Object.entries(values)) {
    const here = [...path, name];
    if (!known.includes(name)) {
      const siblings = known.map((sibling) => [...path, sibling].join("."));
      const state = `there is no setting "${here.join(".")}"`;
      throw invalid(
        `Cannot use ${layer.where(here)}: ${state}`,
        suggest(here.join("."), siblings),
        undefined,
        here,
      );
    }
    if (isSection(value)) checkKeys(layer, value, here);
  }
}

/** What to say of a setting that there isn't. */
export function suggest(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  return nearest === undefined ? `Use one of ${names.join(", ")}.` : `Did you mean ${nearest}?`;
}

function invalidValue(error: z.ZodError, layers: readonly Layer[]): NodeError {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).map(String);
  const layer = layers.findLast(({ values }) => has(values, path)) ?? layers.at(-1);
  const name = path.join(".");
  const message = `Cannot use ${name} (${layer?.where(path) ?? "configuration"}): ${issue?.message ?? "not valid"}`;
  const key = configKeys(configSchema).find((candidate) =>
    candidate.path.every((part, index) => part === path[index]),
  );
  const hint = key === undefined ? `Correct ${name}.` : `${name}: ${key.description}`;
  return invalid(message, hint, error, path);
}

function has(values: unknown, path: readonly string[]): boolean {
  const [first, ...rest] = path;
  if (first === undefined) return values !== undefined;
  if (Array.isArray(values)) return has(values[Number(first)], rest);
  return isSection(values) && values[first] !== undefined && has(values[first], rest);
}

/** The error of a configuration. */
export function invalid(message: string, hint: string, cause?: unknown, path?: readonly string[]): NodeError {
  return new NodeError("node/invalid-config", message, {
    hint,
    cause,
    ...(path !== undefined && { field: path.join(".") }),
  });
}
