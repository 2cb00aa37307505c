import type { Devnet } from "@gadus/cli/start-devnet";
import type { CallOptions } from "@gadus/protocol";
import { type JobBody, type JobClient, openJobClient } from "./job-client.ts";
import { wasmJob } from "./job-document.ts";
import type { Machine } from "./machine.ts";
import { type Bounds, type Measurement, measureBurst, measureSubmitters } from "./measure.ts";
import { readRealModule, TINY_MODULE } from "./modules.ts";
import type { Results } from "./results.ts";
import { residentBytes } from "./process-family.ts";
import { ROWS, type Row } from "./rows.ts";

/** How much of each row is measured. */
export interface Effort {
  /** Jobs before the first row: nodes are measured as they run for days, with their hot code compiled. */
  readonly warmUpJobs: number;
  readonly oneAtATime: Bounds;
  readonly throughput: Bounds;
}

export const FULL: Effort = {
  warmUpJobs: 600,
  oneAtATime: { jobs: 200, seconds: 10 },
  throughput: { jobs: 2000, seconds: 10 },
};
export const QUICK: Effort = {
  warmUpJobs: 60,
  oneAtATime: { jobs: 30, seconds: 1 },
  throughput: { jobs: 300, seconds: 1.5 },
};
export interface BenchmarkOptions extends CallOptions {
  readonly effort: Effort;
  /** As it was before. */
  readonly machine: Machine;
  /** Called with each row once it is measured. */
  readonly measured: (row: Row, measurement: Measurement) => void;
}

/** Measures every row on `devnet`, one after the other. */
export async function runBenchmark(
  devnet: Devnet,
  { effort, machine, measured, signal }: BenchmarkOptions,
): Promise<Results> {
  const modules = { "64 B": TINY_MODULE, "82 KB": await readRealModule() };
  const client = await openJobClient(devnet.api, { signal });
  let jobs = 0;
  try {
    const rows: Results["rows"][number][] = [];
    for (const row of [undefined, ...ROWS]) {
      signal?.throwIfAborted();
      const { module, executions } = row ?? { module: "64 B", executions: 1 };
      const body = Buffer.from(JSON.stringify({ Job: wasmJob(modules[module], executions) }));
      const run = async (): Promise<void> => {
        jobs++;
        await runOne(client, row, body);
      };
      if (row === undefined) {
        await measureSubmitters(2, run, { jobs: effort.warmUpJobs, seconds: effort.throughput.seconds });
        continue;
      }
      const measurement = await measureRow(row, run, effort);
      rows.push({ id: row.id, measurement });
      measured(row, measurement);
    }
    const memory = await Promise.all(
      devnet.nodes.map(async ({ name, pid }) => ({ node: name, residentBytes: await residentBytes(pid) })),
    );
    const measuredAt = new Date().toISOString();
    return { measuredAt, quick: effort === QUICK, machine, rows, jobs, memory };
  } finally {
    client.close();
  }
}

function runOne(client: JobClient, row: Row | undefined, body: JobBody): Promise<void> {
  return row?.load.kind === "polling" ? client.runPolling(body) : client.run(body);
}

function measureRow({ load }: Row, run: () => Promise<void>, effort: Effort): Promise<Measurement> {
  if (load.kind === "burst") return measureBurst(load.jobs, run);
  if (load.kind === "polling" || load.submitters === 1) return measureSubmitters(1, run, effort.oneAtATime);
  return measureSubmitters(load.submitters, run, effort.throughput);
}
