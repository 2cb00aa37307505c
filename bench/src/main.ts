import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine } from "./machine.ts";
import {
  type BenchOptions,
  printJobBenchmark,
  printStreamBenchmark,
  printWasmBenchmark,
} from "./print-benchmarks.ts";
import { runCommand } from "./run-command.ts";
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

await runCommand(TIMEOUT_MS, async (signal) => {
  if (values.help) console.log(USAGE);
  else if (values.store) console.log((await benchmarkStore(signal)).join("\n"));
  else return await bench(signal);
  return true;
});

async function bench(signal: AbortSignal): Promise<boolean> {
  const options: BenchOptions = {
    quick: values.quick,
    saveBaseline: values["save-baseline"],
    machine: describeMachine(),
    signal,
  };
  if (values.wasm || values.all) await printWasmBenchmark(options);
  if (values.wasm && !values.all) return true;
  const streamed = !values.all || (await printStreamBenchmark(options));
  const profiles = values["cpu-prof"];
  const given = profiles === undefined ? undefined : resolve(profiles);
  return (await printJobBenchmark(options, given)) && streamed;
}
