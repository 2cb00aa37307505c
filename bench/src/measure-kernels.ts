import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { rewriteModule, type RewriteOptions } from "@gadus/executor/rewrite-module";
import type { CallOptions } from "@gadus/protocol";
import { BenchError } from "./bench-error.ts";
import type { KernelRun } from "./kernel-process.ts";
import { KERNELS, type Kernel, kernelFile, roundsOf } from "./kernels.ts";
import { compileNative, type NativeKernels } from "./native-kernels.ts";
import { percentile } from "./statistics.ts";

/** A way to run a kernel, apart from native code. */
interface Setting {
  readonly id: "plain" | "fuel" | "fuel and NaN" | "default tiers";
  /** Absent: the module as it is. */
  readonly rewrite?: Pick<RewriteOptions, "canonicalNans">;
  /** Of V8. */
  readonly flags: readonly string[];
}

/** Nothing runs in the baseline tier, where a `main` that is called once would stay to its end. */
const OPTIMISING = ["--no-liftoff"];

const SETTINGS: readonly Setting[] = [
  { id: "plain", flags: OPTIMISING },
  { id: "fuel", rewrite: { canonicalNans: false }, flags: OPTIMISING },
  { id: "fuel and NaN", rewrite: { canonicalNans: true }, flags: OPTIMISING },
  { id: "default tiers", rewrite: { canonicalNans: true }, flags: [] },
];

/** CPU that runs took, user and system. */
export interface CpuTimes {
  readonly leastMs: number;
  readonly medianMs: number;
}

/** What one kernel took, by setting; native code's is absent without a compiler. */
export interface KernelTimes {
  readonly id: string;
  readonly times: Readonly<Partial<Record<Setting["id"] | "native", CpuTimes>>>;
}

export interface KernelMeasurement {
  /** Of the native code; undefined where there is none. */
  readonly compiler: string | undefined;
  readonly rounds: number;
  readonly kernels: readonly KernelTimes[];
}

export interface KernelOptions extends CallOptions {
  /** How often each is run in each setting: all of a kernel one after the other, so that what else the machine does hits all. */
  readonly rounds: number;
  /** Of the work that each does. */
  readonly share: number;
  readonly measured: (times: KernelTimes) => void;
}

const REWRITE = { maxMemoryPages: 1024, maxTableElements: 10_000, maxFrameSlots: 1_048_576, linked: false };
const PROCESS = fileURLToPath(new URL("./kernel-process.js", import.meta.url));
const execute = promisify(execFile);

/**
 * Measures every kernel in every setting and as native code, each run in a process of its own.
 *
 * @throws {BenchError} `bench/wrong-checksum` where two of them print something else
 */
export async function measureKernels(options: KernelOptions): Promise<KernelMeasurement> {
  const folder = await mkdtemp(join(tmpdir(), "gadus-kernels-"));
  try {
    const native = await compileNative(KERNELS, folder, options);
    const kernels: KernelTimes[] = [];
    for (const kernel of KERNELS) {
      const times = await measureKernel(kernel, { ...options, folder, native });
      kernels.push(times);
      options.measured(times);
    }
    return { compiler: native?.compiler, rounds: options.rounds, kernels };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface Workshop extends KernelOptions {
  readonly folder: string;
  readonly native: NativeKernels | undefined;
}

async function measureKernel(kernel: Kernel, workshop: Workshop): Promise<KernelTimes> {
  const { rounds, share, native, signal } = workshop;
  const work = roundsOf(kernel, share);
  const ways: { readonly id: Setting["id"] | "native"; readonly run: () => Promise<KernelRun> }[] = [];
  if (native !== undefined) ways.push({ id: "native", run: () => native.run(kernel, work, { signal }) });
  for (const setting of SETTINGS) {
    const file = await makeModule(kernel, setting, workshop.folder);
    ways.push({ id: setting.id, run: () => runModule(file, work, setting, { signal }) });
  }
  const tookMs = new Map(ways.map(({ id }) => [id, [] as number[]]));
  const outputs = new Set<string>();
  for (let round = 0; round < rounds; round += 1) {
    for (const { id, run } of ways) {
      const { cpuMs, output } = await run();
      tookMs.get(id)?.push(cpuMs);
      outputs.add(output);
    }
  }
  if (outputs.size !== 1) throw wrongChecksum(kernel, [...outputs]);
  const times = Array.from(tookMs, ([id, took]) => [id, timesOf(took)] as const);
  return { id: kernel.id, times: Object.fromEntries(times) };
}

function timesOf(tookMs: readonly number[]): CpuTimes {
  return { leastMs: Math.min(...tookMs), medianMs: percentile(tookMs, 0.5) };
}

/** The file of a kernel's module as `setting` has it. */
async function makeModule(kernel: Kernel, setting: Setting, folder: string): Promise<string> {
  const file = kernelFile(kernel, "wasm");
  if (setting.rewrite === undefined) return file;
  const rewritten = join(folder, `${kernel.id}.${setting.id}.wasm`);
  await writeFile(rewritten, rewriteModule(await readFile(file), { ...REWRITE, ...setting.rewrite }).bytes);
  return rewritten;
}

async function runModule(
  file: string,
  work: number,
  { flags }: Setting,
  { signal }: CallOptions,
): Promise<KernelRun> {
  const { stdout } = await execute(process.execPath, [...flags, PROCESS, file, String(work)], { signal });
  return JSON.parse(stdout) as KernelRun;
}

function wrongChecksum({ id }: Kernel, outputs: readonly string[]): BenchError {
  const found = outputs.map((output) => JSON.stringify(output)).join(" and ");
  return new BenchError("bench/wrong-checksum", `Cannot compare the ways to run ${id}: they print ${found}`);
}
