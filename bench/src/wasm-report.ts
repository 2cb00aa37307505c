import { renderTable } from "@gadus/cli/table";
import { KERNELS, type Kernel, RATIO_GOALS } from "./kernels.ts";
import { machineLines } from "./machine.ts";
import type { KernelTimes } from "./measure-kernels.ts";
import type { WasmResults } from "./wasm-benchmark.ts";

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
  return [...machineLines(results), "", ...kernelLines(results, baseline)];
}

function kernelLines(results: WasmResults, baseline: WasmResults | undefined): readonly string[] {
  const { compiler, rounds } = results.kernels;
  const cells = KERNELS.flatMap((kernel) => kernelCells(kernel, results, baseline));
  const unit = compiler === undefined ? "there is no gcc here to compare with" : `× is ${compiler}`;
  return [
    ...table(KERNEL_COLUMNS, cells),
    `CPU, user and system: ${unit}; the least of ${rounds} runs in turn.`,
    "V8 runs with --no-liftoff, but in the column of default flags. A job: all nodes, the least of the later ones.",
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

function table(titles: readonly string[], cells: readonly (readonly string[])[]): readonly string[] {
  return renderTable(
    titles.map((title) => ({ title })),
    cells,
    Number.POSITIVE_INFINITY,
  );
}
