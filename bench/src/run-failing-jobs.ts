import { setTimeout as delay } from "node:timers/promises";
import type { Devnet } from "@gadus/cli/start-devnet";
import type { CallOptions } from "@gadus/protocol";
import { failingAt } from "./failing-jobs.ts";
import { type JobEnd, openJobClient } from "./job-client.ts";
import { residentBytes } from "./process-family.ts";

/** What came of jobs that fail. */
export interface FailingReport {
  readonly jobs: number;
  readonly seconds: number;
  /** Jobs by the way they went and how that ended. */
  readonly ends: ReadonlyMap<string, number>;
  /** One of each kind that ended otherwise than it should, in words. */
  readonly wrong: readonly string[];
  readonly memory: readonly NodeMemory[];
}

/** Resident memory of a node's processes. */
export interface NodeMemory {
  readonly node: string;
  /** After the warm-up, before the first job that counts. */
  readonly beforeBytes: number;
  readonly peakBytes: number;
  /** Once all jobs have ended, and a while later. */
  readonly afterBytes: number;
}

export interface FailingOptions extends CallOptions {
  readonly jobs: number;
  /** Jobs that are submitted and not over, at most. */
  readonly atOnce: number;
  /** Jobs before memory is first looked at: code and caches get warm. */
  readonly warmUpJobs: number;
  /** How long after the last end memory is looked at. */
  readonly quietMs: number;
}

const LOOK_MS = 500;
const MAX_WRONG = 20;
const MAX_QUOTED = 400;

/** Sends jobs that fail, each in its own way, to `devnet`, and looks at how they end and what its nodes hold. */
export async function runFailingJobs(devnet: Devnet, options: FailingOptions): Promise<FailingReport> {
  const { signal } = options;
  const client = await openJobClient(devnet.api, { signal });
  const ends = new Map<string, number>();
  const wrong = new Map<string, string>();
  const runOne = async (index: number): Promise<void> => {
    const way = failingAt(index);
    const body = Buffer.from(JSON.stringify({ Job: way.document(index) }));
    const { status, message } = await client
      .end(body)
      .catch((error: unknown): JobEnd => ({ status: "refused", message: String(error) }));
    const end = `${way.name}: ${status}`;
    ends.set(end, (ends.get(end) ?? 0) + 1);
    const isRight = status === way.status && way.says.test(message);
    if (isRight) return;
    const line = `${end} (${message.slice(0, MAX_QUOTED)})`;
    if (wrong.size < MAX_WRONG) wrong.set(end, wrong.get(end) ?? line);
  };
  try {
    await runAll(options.warmUpJobs, options.atOnce, runOne);
    ends.clear();
    wrong.clear();
    const look = (): Promise<readonly number[]> =>
      Promise.all(devnet.nodes.map(({ pid }) => residentBytes(pid)));
    const before = await look();
    let peak = before;
    const watching = new AbortController();
    const watch = (async () => {
      while (!watching.signal.aborted) {
        const now = await look();
        peak = peak.map((bytes, node) => Math.max(bytes, now[node] ?? 0));
        await delay(LOOK_MS, undefined, { signal: watching.signal }).catch(() => {});
      }
    })();
    const startedAtMs = performance.now();
    await runAll(options.jobs, options.atOnce, (index) => runOne(options.warmUpJobs + index));
    const seconds = (performance.now() - startedAtMs) / 1000;
    await delay(options.quietMs, undefined, { signal });
    watching.abort();
    await watch;
    const after = await look();
    const memory = devnet.nodes.map(({ name }, node) => ({
      node: name,
      beforeBytes: before[node] ?? 0,
      peakBytes: peak[node] ?? 0,
      afterBytes: after[node] ?? 0,
    }));
    return { jobs: options.jobs, seconds, ends, wrong: [...wrong.values()], memory };
  } finally {
    client.close();
  }
}

async function runAll(jobs: number, atOnce: number, runOne: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const submit = async (): Promise<void> => {
    while (next < jobs) await runOne(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, jobs) }, submit));
}
