import { setTimeout as delay } from "node:timers/promises";
import { type Devnet, startDevnet } from "@gadus/cli/start-devnet";
import { createClient } from "@gadus/client";
import { BenchError } from "./bench-error.ts";
import { busyboxImage, engineVersion, runPlainly } from "./docker-command.ts";
import { type Phases, phasesOf } from "./docker-phases.ts";
import { type JobClient, openJobClient } from "./job-client.ts";
import type { Machine } from "./machine.ts";

/** What was measured with so many at once. */
export interface DockerRow {
  readonly atOnce: number;
  /** Of each job, from its submission until it is `Completed`. */
  readonly jobMs: readonly number[];
  /** Of each plain `docker run` of the same command. */
  readonly plainMs: readonly number[];
  /** Of each job. */
  readonly phases: readonly Phases[];
}

/** What one run found. */
export interface DockerResults {
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly machine: Machine;
  readonly quick: boolean;
  readonly engine: string;
  readonly rows: readonly DockerRow[];
}

export interface DockerOptions {
  readonly quick: boolean;
  /** As it was before. */
  readonly machine: Machine;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

interface Load {
  readonly atOnce: number;
  /** Times that so many are run; each gives so many figures. */
  readonly rounds: number;
}

const COMPUTE_NODES = 3;
const WARM_UP: Load = { atOnce: 8, rounds: 3 };
const FULL: readonly Load[] = [
  { atOnce: 1, rounds: 40 },
  { atOnce: 8, rounds: 10 },
];
const QUICK: readonly Load[] = [
  { atOnce: 1, rounds: 8 },
  { atOnce: 8, rounds: 2 },
];
const OFFER_WITHIN_MS = 30_000;
const LOOK_MS = 50;
const MAX_EVENTS = 1000;

/** Measures containers that do nothing, as jobs of a devnet and by the command `docker`, in turns. */
export async function benchmarkDocker(options: DockerOptions): Promise<DockerResults> {
  const { quick, machine, progress, signal } = options;
  const engine = await engineVersion(signal);
  const image = await busyboxImage(signal);
  const devnet = await startDevnet({ compute: COMPUTE_NODES, liars: 0, apiPort: 0 }, signal);
  try {
    const rows = await Promise.race([measure(devnet, image, options), devnet.failed]);
    for (const { atOnce, jobMs } of rows) progress(`${atOnce} at once: ${jobMs.length} jobs`);
    return { measuredAt: new Date().toISOString(), machine, quick, engine, rows };
  } finally {
    await devnet.stop();
  }
}

async function measure(
  { api }: Devnet,
  image: string,
  { quick, signal }: DockerOptions,
): Promise<readonly DockerRow[]> {
  await untilOffered(api, signal);
  const client = await openJobClient(api, { signal });
  try {
    const bench: Bench = { api, client, image, signal, jobs: 0 };
    if (!quick) await measureRow(bench, WARM_UP);
    const rows: DockerRow[] = [];
    for (const load of quick ? QUICK : FULL) rows.push(await measureRow(bench, load));
    return rows;
  } finally {
    client.close();
  }
}

/** Waits until every compute node says that it runs containers. */
async function untilOffered(api: string, signal: AbortSignal): Promise<void> {
  const endMs = performance.now() + OFFER_WITHIN_MS;
  for (;;) {
    const nodes = await createClient({ url: api }).nodes.list({ signal });
    const offering = nodes.filter(({ Info }) => Info.ComputeNodeInfo?.ExecutionEngines?.includes("docker"));
    if (offering.length >= COMPUTE_NODES) return;
    if (performance.now() > endMs) {
      const state = `${offering.length} of ${COMPUTE_NODES} nodes run any`;
      throw new BenchError("bench/no-docker", `Cannot measure containers: ${state}`);
    }
    await delay(LOOK_MS, undefined, { signal });
  }
}

interface Bench {
  readonly api: string;
  readonly client: JobClient;
  readonly image: string;
  readonly signal: AbortSignal;
  /** How many were submitted. */
  jobs: number;
}

/** Jobs and plain runs take turns, and take turns at being first: what else the machine does meets both. */
async function measureRow(bench: Bench, { atOnce, rounds }: Load): Promise<DockerRow> {
  const jobMs: number[] = [];
  const plainMs: number[] = [];
  const phases: Phases[] = [];
  const runJobs = async (): Promise<void> => {
    const jobs = await Promise.all(Array.from({ length: atOnce }, () => runJob(bench)));
    for (const { name, tookMs } of jobs) {
      jobMs.push(tookMs);
      const { Items } = await createClient({ url: bench.api }).jobs.history(name, {
        limit: MAX_EVENTS,
        signal: bench.signal,
      });
      phases.push(phasesOf(Items, tookMs));
    }
  };
  const runPlain = async (): Promise<void> => {
    const run = (): Promise<number> => timed(() => runPlainly(bench.image, bench.signal));
    plainMs.push(...(await Promise.all(Array.from({ length: atOnce }, run))));
  };
  for (let round = 0; round < rounds; round++) {
    const turns = round % 2 === 0 ? [runJobs, runPlain] : [runPlain, runJobs];
    for (const turn of turns) await turn();
  }
  return { atOnce, jobMs, plainMs, phases };
}

async function runJob(bench: Bench): Promise<{ readonly name: string; readonly tookMs: number }> {
  bench.jobs += 1;
  const name = `container-${bench.jobs}`;
  const body = Buffer.from(JSON.stringify({ Job: dockerJob(name, bench.image) }));
  return { name, tookMs: await timed(() => bench.client.run(body)) };
}

async function timed(action: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await action();
  return performance.now() - startedMs;
}

function dockerJob(name: string, image: string): object {
  return {
    Name: name,
    Type: "batch",
    Deal: { Concurrency: 1, MinBids: 1 },
    Verifier: { Type: "deterministic" },
    Tasks: [
      {
        Name: "main",
        Engine: { Type: "docker", Params: { Image: image, Parameters: ["true"] } },
        // More than it takes, and so little that nodes run all at once.
        Resources: { CPU: "500m", Memory: "64Mb", Disk: "16Mb" },
        Publisher: { Type: "ipfs" },
      },
    ],
  };
}
