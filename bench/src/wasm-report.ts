import { renderTable } from "@gadus/cli/table";
import { KERNELS, type Kernel, RATIO_GOALS } from "./kernels.ts";
import { machineLines } from "./machine.ts";
import type { KernelTimes } from "./measure-kernels.ts";
import type { WasmResults } from "./wasm-benchmark.ts";

const MIB = 1024 ** 2;
/** What a job may take beside its guest's memory. */
const JOB_GOAL_BYTES = 20_000_000;
/** What a job of such a kernel may take from its submission on. */
const WALL_GOAL_MS = 3000;
const KERNEL_COLUMNS = [
  "CPU",
  "native",
  "plain V8",
  "with fuel",
  "with fuel and NaN",
  "default flags",
  "as a job",
  "goal",
  "to goal",
  "the first job",
  "wall",
  "to baseline",
];

/** The results beside the goals, as lines of text. In "to" columns, a ratio above 1 is better. */
export function renderWasmReport(results: WasmResults, baseline: WasmResults | undefined): readonly string[] {
  return [
    ...machineLines(results),
    "",
    ...kernelLines(results, baseline),
    "",
    ...startLines(results, baseline),
    "",
    ...memoryLines(results, baseline),
  ];
}

function kernelLines(results: WasmResults, baseline: WasmResults | undefined): readonly string[] {
  const { compiler, rounds } = results.kernels;
  const cells = KERNELS.flatMap((kernel) => kernelCells(kernel, results, baseline));
  const slow = results.network.filter(({ wallMs }) => wallMs > WALL_GOAL_MS).map(({ id }) => id);
  const unit = compiler === undefined ? "there is no gcc here to compare with" : `× is ${compiler}`;
  return [
    ...table(KERNEL_COLUMNS, cells),
    `CPU, user and system: ${unit}; the least of ${rounds} runs in turn.`,
    "V8 runs with --no-liftoff, but in the column of default flags. A job: all nodes, the least of the later ones.",
    `Jobs over ${WALL_GOAL_MS / 1000} s, the goal for one of as much CPU: ${slow.join(", ") || "none"}.`,
  ];
}

function kernelCells(
  kernel: Kernel,
  results: WasmResults,
  baseline: WasmResults | undefined,
): readonly (readonly string[])[] {
  const found = timesOf(kernel, results);
  if (found === undefined) return [];
  const { times, job } = found;
  const native = times.native?.leastMs;
  const shown = (ms: number | undefined): string => {
    if (ms === undefined) return "";
    return native === undefined ? `${ms.toFixed(0)} ms` : `${(ms / native).toFixed(2)}×`;
  };
  const goal = RATIO_GOALS[kernel.kind];
  const then = baseline === undefined ? undefined : jobRatio(kernel, baseline);
  const now = jobRatio(kernel, results);
  return [
    [
      kernel.id,
      native === undefined ? "" : `${native.toFixed(0)} ms`,
      ...SHOWN.map((setting) => shown(times[setting]?.leastMs)),
      shown(job.cpuMs),
      `${goal}×`,
      now === undefined ? "" : `${(goal / now).toFixed(2)}×`,
      shown(job.firstCpuMs),
      `${(job.wallMs / 1000).toFixed(2)} s`,
      now === undefined || then === undefined ? "" : `${(then / now).toFixed(2)}×`,
    ],
  ];
}
const SHOWN = ["plain", "fuel", "fuel and NaN", "default tiers"] as const;

/** How many times native code's CPU a job of the kernel took. */
function jobRatio(kernel: Kernel, results: WasmResults): number | undefined {
  const found = timesOf(kernel, results);
  const native = found?.times.native?.leastMs;
  return found === undefined || native === undefined ? undefined : found.job.cpuMs / native;
}

function timesOf(
  { id }: Kernel,
  { kernels, network }: WasmResults,
): { readonly times: KernelTimes["times"]; readonly job: WasmResults["network"][number] } | undefined {
  const times = kernels.kernels.find((kernel) => kernel.id === id)?.times;
  const job = network.find((kernel) => kernel.id === id);
  return times === undefined || job === undefined ? undefined : { times, job };
}

function startLines({ starts }: WasmResults, baseline: WasmResults | undefined): readonly string[] {
  const cells = starts.starts.map(({ module, kind, runs, p50Ms, p95Ms }) => {
    const then = baseline?.starts.starts.find((other) => other.module === module && other.kind === kind);
    return [
      `${module}, ${kind}`,
      `${runs}`,
      p50Ms.toFixed(2),
      p95Ms.toFixed(2),
      then === undefined ? "" : `${(then.p50Ms / p50Ms).toFixed(2)}×`,
    ];
  });
  return [
    ...table(["start to end, one at a time", "runs", "p50 ms", "p95 ms", "to baseline"], cells),
    `A module that returns at once. Cold: never seen; warm: run before. The executor starts in ${starts.executorMs.toFixed(0)} ms.`,
  ];
}

function memoryLines({ memory }: WasmResults, baseline: WasmResults | undefined): readonly string[] {
  const cells = memory.map((found) => {
    const each = ownBytesOfJob(found);
    const then = baseline?.memory.find(({ jobs }) => jobs === found.jobs);
    return [
      `${found.jobs}`,
      mebibytes(found.busyBytes - found.bareBytes),
      mebibytes(found.guestBytes),
      mebibytes(each),
      mebibytes(JOB_GOAL_BYTES),
      `${(JOB_GOAL_BYTES / each).toFixed(2)}×`,
      then === undefined ? "" : `${(ownBytesOfJob(then) / each).toFixed(2)}×`,
    ];
  });
  const [first] = memory;
  const idle = first === undefined ? "" : mebibytes(first.idleBytes - first.bareBytes);
  const titles = [
    "jobs at once",
    "all",
    "guests' own",
    "a job over its own",
    "goal",
    "to goal",
    "to baseline",
  ];
  return [
    ...table(titles, cells),
    `Memory, shared pages in parts, without the node. An executor at rest has ${idle}, which is no job's.`,
  ];
}

/** What a job takes beside its guest's memory. */
function ownBytesOfJob({ busyBytes, idleBytes, guestBytes, jobs }: WasmResults["memory"][number]): number {
  return (busyBytes - idleBytes - guestBytes) / jobs;
}

function mebibytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

function table(titles: readonly string[], cells: readonly (readonly string[])[]): readonly string[] {
  return renderTable(
    titles.map((title) => ({ title })),
    cells,
    Number.POSITIVE_INFINITY,
  );
}
