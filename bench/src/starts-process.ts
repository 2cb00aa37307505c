// Measures how long a run takes that does nothing, by the executor and without it, and prints the times as JSON:
// `node starts-process.js COLD WARM`, of each kind so many.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { wasmExecutor } from "@gadus/executor/wasm";
import { executorRequest } from "./executor-request.ts";
import { readRealModule, TINY_MODULE } from "./modules.ts";
import { markModule, repeatFunctions } from "./repeat-functions.ts";
import { runBare } from "./run-bare.ts";
import { percentile } from "./statistics.ts";

/** How long runs of one kind took. */
export interface Starts {
  readonly module: string;
  readonly kind: StartKind;
  readonly runs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** Cold runs are of a module never seen, warm ones of one that was run before. */
export type StartKind = "cold" | "warm" | "plain V8, cold" | "a process of its own";

/** What is printed. */
export interface StartsMeasurement {
  /** Until the executor takes its first request. */
  readonly executorMs: number;
  readonly starts: readonly Starts[];
}

const KERNEL_PROCESS = fileURLToPath(new URL("./kernel-process.js", import.meta.url));
/** Copies of the real module's functions: about a megabyte of them. */
const COPIES = 14;
/** Runs before those that count. */
const WARM_UP = 20;

const [cold = 30, warm = 200] = process.argv.slice(2).map(Number);
const real = await readRealModule();
const modules = { "64 B": TINY_MODULE, "82 KB": real, "1 MB": repeatFunctions(real, COPIES) };
const executor = wasmExecutor();
const folder = await mkdtemp(join(tmpdir(), "gadus-starts-"));
try {
  const executorMs = await timed(() => executor.start());
  await measure(WARM_UP, (run) => runWith(TINY_MODULE, `warm-up-${run}`));
  const starts: Starts[] = [];
  for (const [name, module] of Object.entries(modules)) starts.push(...(await measureModule(name, module)));
  const found: StartsMeasurement = { executorMs, starts };
  process.stdout.write(JSON.stringify(found));
} finally {
  await executor.stop();
  await rm(folder, { recursive: true, force: true });
}

async function measureModule(name: string, module: Uint8Array): Promise<readonly Starts[]> {
  const marked = (kind: string, run: number): Uint8Array => markModule(module, `${kind} ${run}`);
  const file = join(folder, "module.wasm");
  await writeFile(file, module);
  const ways: Record<StartKind, readonly [number, (run: number) => unknown]> = {
    cold: [cold, (run) => runWith(marked("cold", run), `${name} ${run}`)],
    warm: [warm, () => runWith(module, name)],
    "plain V8, cold": [cold, (run) => runBare(marked("plain", run))],
    "a process of its own": [cold, () => promisify(execFile)(process.execPath, [KERNEL_PROCESS, file])],
  };
  const found: Starts[] = [];
  for (const kind of Object.keys(ways) as StartKind[]) {
    const [runs, run] = ways[kind];
    const tookMs = await measure(runs, run);
    found.push({ module: name, kind, runs, p50Ms: percentile(tookMs, 0.5), p95Ms: percentile(tookMs, 0.95) });
  }
  return found;
}

async function runWith(module: Uint8Array, cid: string): Promise<void> {
  await executor.run(await executorRequest(module, { cid }));
}

/** One after the other; the first doesn't count. */
async function measure(runs: number, run: (index: number) => unknown): Promise<readonly number[]> {
  const tookMs: number[] = [];
  for (let index = 0; index <= runs; index += 1) tookMs.push(await timed(() => run(index)));
  return tookMs.slice(1);
}

async function timed(run: () => unknown): Promise<number> {
  const startedMs = performance.now();
  await run();
  return performance.now() - startedMs;
}
