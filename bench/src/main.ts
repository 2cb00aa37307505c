import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine } from "./machine.ts";
import {
  type BenchOptions,
  printJobBenchmark,
  printStreamBenchmark,
  printWasmBenchmark,
} from "./print-benchmarks.ts";
import { benchmarkStore } from "./store-benchmark.ts";

const USAGE = `pnpm bench [--quick] [--cpu-prof DIR] [--save-baseline]
       pnpm bench --wasm [--quick] [--save-baseline]
       pnpm bench --all [--quick] [--save-baseline]
       pnpm bench --store

  --quick           about 20 seconds instead of a few minutes
  --cpu-prof DIR    leave a CPU profile of every process in DIR, and print what each spent its time on
  --save-baseline   keep the results as what later runs are compared with
  --wasm            instead measure the engine that runs WebAssembly, with and without the network
  --all             that, then jobs that read much, then what it measures by itself
  --store           instead measure a requester that opens a store of 100 000 jobs`;
const TIMEOUT_MS = 3_600_000;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    "cpu-prof": { type: "string" },
    "save-baseline": { type: "boolean", default: false },
    wasm: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
    store: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => stop.abort(new Error("Interrupted")));
const timer = setTimeout(
  () => stop.abort(new Error(`Cannot finish the benchmark: it was not done within ${TIMEOUT_MS / 1000} s`)),
  TIMEOUT_MS,
);

try {
  if (values.help) console.log(USAGE);
  else if (values.store) console.log((await benchmarkStore(stop.signal)).join("\n"));
  else await bench();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  clearTimeout(timer);
}

async function bench(): Promise<void> {
  const options: BenchOptions = {
    quick: values.quick,
    saveBaseline: values["save-baseline"],
    machine: describeMachine(),
    signal: stop.signal,
  };
  if (values.wasm || values.all) await printWasmBenchmark(options);
  if (values.wasm && !values.all) return;
  if (values.all && !(await printStreamBenchmark(options))) process.exitCode = 1;
  const profiles = values["cpu-prof"];
  const given = profiles === undefined ? undefined : resolve(profiles);
  if (!(await printJobBenchmark(options, given))) process.exitCode = 1;
}
