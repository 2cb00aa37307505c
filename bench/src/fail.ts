import { parseArgs } from "node:util";
import { startDevnet } from "@gadus/cli/start-devnet";
import { type FailingReport, runFailingJobs } from "./run-failing-jobs.ts";

const USAGE = `pnpm bench:failing [--jobs N] [--at-once N]

  --jobs N      jobs, each of which fails in its own way (10000)
  --at-once N   jobs that are not over at one time (2000)`;
const COMPUTE_NODES = 3;
const WARM_UP_JOBS = 1000;
const QUIET_MS = 10_000;
const TIMEOUT_MS = 3_600_000;
const MIB = 1024 ** 2;
/** What a node may have more after all jobs than before: caches fill, and memory comes back late. */
const GROWTH_BYTES = 128 * MIB;

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "10000" },
    "at-once": { type: "string", default: "2000" },
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
  else await fail(Number(values.jobs), Number(values["at-once"]), stop.signal);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  clearTimeout(timer);
}

async function fail(jobs: number, atOnce: number, signal: AbortSignal): Promise<void> {
  const devnet = await startDevnet({ compute: COMPUTE_NODES, liars: 0, apiPort: 0 }, signal);
  try {
    const options = {
      jobs,
      atOnce,
      warmUpJobs: Math.min(Math.ceil(jobs / 10), WARM_UP_JOBS),
      quietMs: QUIET_MS,
      signal,
    };
    const report = await Promise.race([runFailingJobs(devnet, options), devnet.failed]);
    console.log(render(report).join("\n"));
    const grown = report.memory.filter(
      ({ beforeBytes, afterBytes }) => afterBytes - beforeBytes > GROWTH_BYTES,
    );
    for (const { node } of grown) console.error(`Cannot call the memory of ${node} flat: it has grown`);
    if (report.wrong.length + grown.length > 0) process.exitCode = 1;
  } finally {
    await devnet.stop();
  }
}

function render({ jobs, seconds, ends, wrong, memory }: FailingReport): readonly string[] {
  const mebibytes = (bytes: number): string => (bytes / MIB).toFixed(0).padStart(6);
  return [
    `${jobs} jobs ended in ${seconds.toFixed(1)} s; every node lives`,
    ...Array.from(ends, ([end, count]) => `${String(count).padStart(6)}  ${end}`),
    "resident memory, MiB: before, peak, after",
    ...memory.map(({ node, beforeBytes, peakBytes, afterBytes }) =>
      [mebibytes(beforeBytes), mebibytes(peakBytes), mebibytes(afterBytes), `  ${node}`].join(" "),
    ),
    ...(wrong.length === 0 ? [] : ["ended otherwise than they should:", ...wrong]),
  ];
}
