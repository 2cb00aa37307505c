import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Machine } from "./machine.ts";
import type { Measurement } from "./measure.ts";

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

const LATEST = fileURLToPath(new URL("../results/latest.json", import.meta.url));
const BASELINE = fileURLToPath(new URL("../results/baseline.json", import.meta.url));

/** Writes `results` where the next run, or whoever compares, finds them, and answers where. */
export async function keepResults(results: Results, asBaseline: boolean): Promise<string> {
  const path = asBaseline ? BASELINE : LATEST;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
  return path;
}

/** The run that is kept to compare with; undefined where there is none. */
export async function readBaseline(): Promise<Results | undefined> {
  const text = await readFile(BASELINE, "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Results);
}
