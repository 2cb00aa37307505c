import { parseArgs } from "node:util";
import { describeMachine } from "./machine.ts";
import { printStreamBenchmark } from "./print-benchmarks.ts";

const USAGE = `pnpm bench:stream [--quick] [--save-baseline]

  --quick           a tenth of it
  --save-baseline   keep the results as what later runs are compared with`;
const TIMEOUT_MS = 1_800_000;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    "save-baseline": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => stop.abort(new Error("Interrupted")));
const timer = setTimeout(
  () => stop.abort(new Error(`Cannot finish: it was not done within ${TIMEOUT_MS / 1000} s`)),
  TIMEOUT_MS,
);
try {
  if (values.help) console.log(USAGE);
  else await bench();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  clearTimeout(timer);
}

async function bench(): Promise<void> {
  const done = await printStreamBenchmark({
    quick: values.quick,
    saveBaseline: values["save-baseline"],
    machine: describeMachine(),
    signal: stop.signal,
  });
  if (!done) process.exitCode = 1;
}
