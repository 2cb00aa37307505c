import { parseArgs } from "node:util";
import { benchmarkStreams } from "./stream-benchmark.ts";
import { overGoal, renderStreams } from "./stream-report.ts";

const USAGE = `pnpm bench:stream [--quick]

  --quick   a tenth of it`;
const TIMEOUT_MS = 1_800_000;

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
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
  const results = await benchmarkStreams({
    quick: values.quick,
    signal: stop.signal,
    measured: ({ row, seconds }) => console.error(`${row.id}: ${seconds.toFixed(2)} s`),
  });
  console.log(`\n${renderStreams(results).join("\n")}`);
  if (overGoal(results).length > 0) process.exitCode = 1;
}
