import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { startDevnet } from "@gadus/cli/start-devnet";
import { summariseProfiles } from "./profile-summary.ts";
import { renderReport } from "./report.ts";
import { keepResults, readBaseline } from "./results.ts";
import { benchmarkStore } from "./store-benchmark.ts";
import { benchmarkWasm } from "./wasm-benchmark.ts";
import { renderWasmReport } from "./wasm-report.ts";
import { FULL, QUICK, runBenchmark } from "./run-benchmark.ts";

const USAGE = `pnpm bench [--quick] [--cpu-prof DIR] [--save-baseline]
       pnpm bench --wasm [--quick] [--save-baseline]
       pnpm bench --store

  --quick           about 20 seconds instead of a few minutes
  --cpu-prof DIR    leave a CPU profile of every process in DIR, and print what each spent its time on
  --save-baseline   keep the results as what later runs are compared with
  --wasm            instead measure the engine that runs WebAssembly, with and without the network
  --store           instead measure a requester that opens a store of 100 000 jobs`;
const COMPUTE_NODES = 3;
const TIMEOUT_MS = 1_800_000;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    "cpu-prof": { type: "string" },
    "save-baseline": { type: "boolean", default: false },
    wasm: { type: "boolean", default: false },
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
  else if (values.wasm) await benchWasm(stop.signal);
  else await bench(values["cpu-prof"] === undefined ? undefined : resolve(values["cpu-prof"]), stop.signal);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  clearTimeout(timer);
}

async function benchWasm(signal: AbortSignal): Promise<void> {
  const progress = (line: string): void => console.error(line);
  const results = await benchmarkWasm({ quick: values.quick, signal, progress });
  const report = renderWasmReport(results, await readBaseline("wasm-"));
  console.log(`\n${report.join("\n")}`);
  console.log(`written to ${await keepResults("wasm-", results, values["save-baseline"])}`);
}

async function bench(profiles: string | undefined, signal: AbortSignal): Promise<void> {
  if (profiles !== undefined) await mkdir(profiles, { recursive: true });
  // The nodes inherit it.
  if (profiles !== undefined) process.env["NODE_OPTIONS"] = `--cpu-prof --cpu-prof-dir=${profiles}`;
  const devnet = await startDevnet({ compute: COMPUTE_NODES, liars: 0, apiPort: 0 }, signal);
  try {
    const benchmark = runBenchmark(devnet, {
      effort: values.quick ? QUICK : FULL,
      signal,
      measured: ({ id }, { jobs, failed, p50Ms, jobsPerSecond }) => {
        const figures = `p50 ${p50Ms.toFixed(1)} ms, ${jobsPerSecond.toFixed(1)} jobs/s`;
        console.error(`${id}: ${jobs} jobs, ${figures}${failed === 0 ? "" : `, ${failed} FAILED`}`);
      },
    });
    const results = await Promise.race([benchmark, devnet.failed]);
    const report = renderReport(results, await readBaseline(""));
    console.log(`\n${report.join("\n")}`);
    if (results.rows.some(({ measurement }) => measurement.failed > 0)) process.exitCode = 1;
    console.log(`written to ${await keepResults("", results, values["save-baseline"])}`);
  } finally {
    await devnet.stop();
  }
  if (profiles === undefined) return;
  const names = new Map(devnet.nodes.map((node) => [node.pid, node.name]));
  console.log((await summariseProfiles(profiles, names)).join("\n"));
}
