import { startDevnet } from "@gadus/cli/start-devnet";
import type { CallOptions } from "@gadus/protocol";
import type { Machine } from "./machine.ts";
import { measureMemory, measureStarts } from "./measure-engine.ts";
import { type KernelMeasurement, measureKernels } from "./measure-kernels.ts";
import { measureNetworkKernels, type NetworkTimes } from "./measure-network-kernels.ts";
import type { MemoryOfJobs } from "./memory-process.ts";
import type { StartsMeasurement } from "./starts-process.ts";

/** What one run of the benchmark of WebAssembly found, as it is kept. */
export interface WasmResults {
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly kernels: KernelMeasurement;
  readonly network: readonly NetworkTimes[];
  readonly starts: StartsMeasurement;
  readonly memory: readonly MemoryOfJobs[];
}

export interface WasmBenchmarkOptions extends CallOptions {
  readonly quick: boolean;
  /** As it was before. */
  readonly machine: Machine;
  /** Told what is done now, and what came of it. */
  readonly progress: (line: string) => void;
}

const FULL = { rounds: 3, jobs: 3, share: 1, cold: 30, warm: 200 };
const QUICK = { rounds: 1, jobs: 1, share: 0.1, cold: 5, warm: 20 };
/** Jobs at once whose memory is measured. */
const AT_ONCE = [1, 8, 32];

/** Measures the `wasm` engine on this machine. */
export async function benchmarkWasm(options: WasmBenchmarkOptions): Promise<WasmResults> {
  const { quick, machine, progress, signal = new AbortController().signal } = options;
  const effort = quick ? QUICK : FULL;
  const kernels = await measureKernels({
    ...effort,
    signal,
    measured: ({ id, times }) => progress(`${id}: ${times["fuel and NaN"]?.leastMs.toFixed(0)} ms of CPU`),
  });
  progress("starts");
  const starts = await measureStarts(effort, { signal });
  progress("memory of jobs at once");
  const memory = await measureMemory(AT_ONCE, { signal });
  progress("kernels as jobs");
  const devnet = await startDevnet({ compute: 1, liars: 0, apiPort: 0 }, signal);
  try {
    const measuring = measureNetworkKernels(devnet, { ...effort, signal });
    const network = await Promise.race([measuring, devnet.failed]);
    return { measuredAt: new Date().toISOString(), quick, machine, kernels, network, starts, memory };
  } finally {
    await devnet.stop();
  }
}
