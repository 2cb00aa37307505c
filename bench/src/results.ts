import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { DockerResults } from "./docker-benchmark.ts";
import type { Machine } from "./machine.ts";
import type { Measurement } from "./measure.ts";
import type { StreamResults } from "./stream-benchmark.ts";
import type { WasmResults } from "./wasm-benchmark.ts";

/** What one run of the benchmark found, as it is kept. */
export interface Results {
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly rows: readonly { readonly id: string; readonly measurement: Measurement }[];
  /** After all rows. */
  readonly jobs: number;
  readonly memory: readonly { readonly node: string; readonly residentBytes: number }[];
}

/** Results that are kept in files of their own, by what their names begin with. */
interface Kept {
  readonly "": Results;
  readonly "wasm-": WasmResults;
  readonly "stream-": StreamResults;
  readonly "docker-": DockerResults;
}

/** Writes `results` where the next run, or whoever compares, finds them, and answers where. */
export async function keepResults<K extends keyof Kept>(
  kind: K,
  results: Kept[K],
  asBaseline: boolean,
): Promise<string> {
  const path = pathOf(kind, asBaseline ? "baseline" : "latest");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
  return path;
}

/** The run that is kept to compare with; undefined where there is none. */
export async function readBaseline<K extends keyof Kept>(kind: K): Promise<Kept[K] | undefined> {
  const text = await readFile(pathOf(kind, "baseline"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Kept[K]);
}

function pathOf(kind: keyof Kept, name: "baseline" | "latest"): string {
  return fileURLToPath(new URL(`../results/${kind}${name}.json`, import.meta.url));
}
