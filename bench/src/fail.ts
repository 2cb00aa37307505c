import { parseArgs } from "node:util";
import { startDevnet } from "@gadus/cli/start-devnet";
import { runCommand } from "./run-command.ts";
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

await runCommand(TIMEOUT_MS, async (signal) => {
  if (!values.help) return await fail(Number(values.jobs), Number(values["at-once"]), signal);
  console.log(USAGE);
  return true;
});

async function fail(jobs: number, atOnce: number, signal: AbortSignal): Promise<boolean> {
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
    return report.wrong.length + grown.length === 0;
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
