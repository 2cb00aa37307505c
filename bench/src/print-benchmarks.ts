import { mkdir } from "node:fs/promises";
import { startDevnet } from "@gadus/cli/start-devnet";
import { benchmarkDocker } from "./docker-benchmark.ts";
import { missedGoal, renderDocker } from "./docker-report.ts";
import type { Machine } from "./machine.ts";
import { summariseProfiles } from "./profile-summary.ts";
import { renderReport } from "./report.ts";
import { keepResults, readBaseline } from "./results.ts";
import { FULL, QUICK, runBenchmark } from "./run-benchmark.ts";
import { benchmarkStreams } from "./stream-benchmark.ts";
import { overGoal, renderStreams } from "./stream-report.ts";
import { benchmarkWasm } from "./wasm-benchmark.ts";
import { renderWasmReport } from "./wasm-report.ts";

/** What every benchmark is told. */
export interface BenchOptions {
  readonly quick: boolean;
  readonly saveBaseline: boolean;
  /** As it was before this process loaded it. */
  readonly machine: Machine;
  readonly signal: AbortSignal;
}

const COMPUTE_NODES = 3;
const progress = (line: string): void => console.error(line);

/** Measures the engine that runs WebAssembly, and prints and keeps what it found. */
export async function printWasmBenchmark(options: BenchOptions): Promise<void> {
  const results = await benchmarkWasm({ ...options, progress });
  console.log(`\n${renderWasmReport(results, await readBaseline("wasm-")).join("\n")}`);
  console.log(`written to ${await keepResults("wasm-", results, options.saveBaseline)}`);
}

/**
 * Measures jobs that read inputs of 10 GiB, and prints and keeps what it found; answers whether they kept to their
 * memory.
 */
export async function printStreamBenchmark(options: BenchOptions): Promise<boolean> {
  const results = await benchmarkStreams({
    ...options,
    measured: ({ row, seconds }) => progress(`${row.id}: ${seconds.toFixed(2)} s`),
  });
  console.log(`\n${renderStreams(results, await readBaseline("stream-")).join("\n")}`);
  console.log(`written to ${await keepResults("stream-", results, options.saveBaseline)}`);
  return overGoal(results).length === 0;
}

/** Measures containers through a network and by themselves; answers whether the goal was met. */
export async function printDockerBenchmark(options: BenchOptions): Promise<boolean> {
  const results = await benchmarkDocker({ ...options, progress });
  console.log(`\n${renderDocker(results, await readBaseline("docker-")).join("\n")}`);
  console.log(`written to ${await keepResults("docker-", results, options.saveBaseline)}`);
  return missedGoal(results).length === 0;
}

/**
 * Measures small jobs through a network, and prints and keeps what it found; answers whether all were completed.
 *
 * With `profiles` every process leaves a CPU profile in that folder, whose summary is printed.
 */
export async function printJobBenchmark(options: BenchOptions, profiles?: string): Promise<boolean> {
  const { quick, saveBaseline, machine, signal } = options;
  if (profiles !== undefined) await mkdir(profiles, { recursive: true });
  // The nodes inherit it.
  if (profiles !== undefined) process.env["NODE_OPTIONS"] = `--cpu-prof --cpu-prof-dir=${profiles}`;
  const devnet = await startDevnet({ compute: COMPUTE_NODES, liars: 0, apiPort: 0 }, signal);
  let completed: boolean;
  try {
    const benchmark = runBenchmark(devnet, {
      effort: quick ? QUICK : FULL,
      machine,
      signal,
      measured: ({ id }, { jobs, failed, p50Ms, jobsPerSecond }) => {
        const figures = `p50 ${p50Ms.toFixed(1)} ms, ${jobsPerSecond.toFixed(1)} jobs/s`;
        progress(`${id}: ${jobs} jobs, ${figures}${failed === 0 ? "" : `, ${failed} FAILED`}`);
      },
    });
    const results = await Promise.race([benchmark, devnet.failed]);
    console.log(`\n${renderReport(results, await readBaseline("")).join("\n")}`);
    console.log(`written to ${await keepResults("", results, saveBaseline)}`);
    completed = results.rows.every(({ measurement }) => measurement.failed === 0);
  } finally {
    await devnet.stop();
  }
  if (profiles === undefined) return completed;
  const names = new Map(devnet.nodes.map((node) => [node.pid, node.name]));
  console.log((await summariseProfiles(profiles, names)).join("\n"));
  return completed;
}
