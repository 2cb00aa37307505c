import { chmod, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { type ConfigKey, configKeys } from "./config-keys.ts";
import {
  type ConfigSources,
  invalid,
  type Layer,
  loadConfig,
  mergeLayers,
  readLayers,
  readVariable,
  suggest,
} from "./config.ts";
import { configSchema } from "./config-schema.ts";

export type { ConfigPatch } from "./config-schema.ts";

/** One setting, what it is, and where that comes from. */
export interface ConfigValue {
  /** Such as `api.port`. */
  readonly name: string;
  /** As people write it; undefined where there is none, and of a secret, which {@link ConfigValue.secret} says. */
  readonly value: unknown;
  readonly source: "default" | Layer["source"];
  /** The place within the source, such as `node.yaml:3:5` or `GADUS_API_PORT`; empty for a default. */
  readonly where: string;
  readonly secret: boolean;
  readonly description: string;
}

/** New files may come to hold secrets. */
const FILE_MODE = 0o600;

/**
 * Every setting of a node with these sources, in the order of the reference.
 *
 * @throws {NodeError} `node/invalid-config`, as {@link loadConfig} does
 */
export async function configValues(sources: ConfigSources): Promise<readonly ConfigValue[]> {
  await loadConfig(sources);
  const layers = await readLayers(sources);
  const merged = mergeLayers(layers);
  return configKeys(configSchema).flatMap((key) => {
    const layer = layers.findLast(({ values }) => valueAt(values, key.path) !== undefined);
    if (layer === undefined && key.hidden) return [];
    const value = layer === undefined ? key.defaultValue : valueAt(merged, key.path);
    return {
      name: key.path.join("."),
      value: key.secret ? undefined : value,
      source: layer?.source ?? "default",
      where: layer?.where(key.path) ?? "",
      secret: key.secret,
      description: key.description,
    };
  });
}

/**
 * Sets one setting in a configuration file, whose comments stay; the file may be new. What would not be a valid
 * configuration is not written.
 *
 * @throws {NodeError} `node/invalid-config`
 */
export async function writeSetting(file: string, name: string, text: string): Promise<void> {
  const key = findSetting(name);
  const before = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw invalid(`Cannot read ${file}: ${error.message}`, "Name a YAML file that can be read.", error);
  });
  if (before !== "") await readLayers({ file });
  const document = parseDocument(before);
  document.setIn(key.path, readVariable(key, text));
  const mode = await stat(file).then(
    (found) => found.mode & 0o777,
    () => FILE_MODE,
  );
  const draft = `${file}.${process.pid}.draft`;
  try {
    await writeFile(draft, document.toString(), { mode: FILE_MODE });
    await loadConfig({ file: draft });
    await chmod(draft, mode);
    await rename(draft, file);
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replaceAll(draft, file);
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** The setting called `name`. @throws {NodeError} `node/invalid-config` where there is none */
function findSetting(name: string): ConfigKey {
  const keys = configKeys(configSchema);
  const key = keys.find(({ path }) => path.join(".") === name);
  if (key !== undefined) return key;
  const names = keys.filter(({ hidden }) => !hidden).map(({ path }) => path.join("."));
  throw invalid(`Cannot use "${name}": there is no such setting`, suggest(name, names));
}

/** What `values` has at `path`; undefined where it has nothing. */
function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === "object" && inner !== null
        ? (inner as Readonly<Record<string, unknown>>)[part]
        : undefined,
    values,
  );
}
