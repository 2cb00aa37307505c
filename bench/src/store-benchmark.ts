import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDevnet } from "@gadus/cli/start-devnet";
import { renderTable } from "@gadus/cli/table";
import { growStore } from "./grow-store.ts";
import { type JobsApi, openJobsApi } from "./jobs-api.ts";
import { percentile } from "./statistics.ts";

const FINISHED_JOBS = 99_000;
const LIVE_JOBS = 1_000;
/** From the start of the process until jobs are listed and one is described. */
const GOAL_MS = 2_000;
/** Starts, of which the middle one counts. */
const STARTS = 5;
const PAGES = 100;
const LIVE_FOR_MS = 3_600_000;

/** One figure, with what it is of. */
interface Figure {
  readonly name: string;
  readonly ms: number;
  readonly goalMs?: number;
}

/**
 * Measures a requester whose store holds 100 000 jobs, 1000 of them live: how long from the start of its process until
 * it lists jobs and describes one, and how long lists take. Answers lines of text.
 *
 * The jobs are copies of two real ones: one that is completed, and one that runs, whose node is gone when the
 * requester starts.
 */
export async function benchmarkStore(signal: AbortSignal): Promise<readonly string[]> {
  const dataDir = await mkdtemp(join(tmpdir(), "gadus-bench-"));
  try {
    const full = join(dataDir, "full");
    const jobId = await fill(full, signal);
    const { size } = await stat(storeOf(full));
    const plainMs = await measureStarts(join(dataDir, "empty"), (jobs) => jobs.get("?limit=10"), signal);
    const describe = async (jobs: JobsApi): Promise<void> => {
      await jobs.get("?limit=10");
      await jobs.get(`/${jobId}?include=executions,history`);
    };
    const servesMs = await measureStarts(full, describe, signal);
    const figures: readonly Figure[] = [
      { name: "a start with no jobs, until the list is there", ms: plainMs },
      { name: "a start, until jobs are listed and one is described", ms: servesMs, goalMs: GOAL_MS },
      ...(await withRequester(full, signal, measurePages)),
    ];
    return [
      `${FINISHED_JOBS} finished and ${LIVE_JOBS} live jobs in ${(size / 1024 ** 2).toFixed(0)} MiB`,
      ...render(figures),
    ];
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Fills the store of a requester, and stops it; answers a finished job in the midst of the others. */
async function fill(dataDir: string, signal: AbortSignal): Promise<string> {
  const devnet = await startDevnet({ compute: 1, liars: 0, apiPort: 0, dataDir }, signal);
  const jobs = openJobsApi(devnet.api, signal);
  let finished: string;
  let live: string;
  try {
    finished = await jobs.submitUntil(noopJob(0), "Completed");
    live = await jobs.submitUntil(noopJob(LIVE_FOR_MS), "Running");
  } finally {
    await devnet.stop();
  }
  growStore(storeOf(dataDir), finished, FINISHED_JOBS - 1);
  growStore(storeOf(dataDir), live, LIVE_JOBS - 1);
  return `${finished}-${FINISHED_JOBS / 2}`;
}

function noopJob(durationMs: number): object {
  const engine = { Type: "noop", Params: { Stdout: "hello", DurationMs: durationMs } };
  return { Type: "batch", Tasks: [{ Name: "main", Engine: engine }] };
}

function storeOf(dataDir: string): string {
  return join(dataDir, "requester", "data", "requester.db");
}

/** The middle of several times from the start of the requester's process until `serve` has settled. */
async function measureStarts(
  dataDir: string,
  serve: (jobs: JobsApi) => Promise<unknown>,
  signal: AbortSignal,
): Promise<number> {
  const tookMs: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    const startedMs = performance.now();
    await withRequester(dataDir, signal, async (jobs) => {
      await serve(jobs);
      tookMs.push(performance.now() - startedMs);
    });
  }
  return percentile(tookMs, 0.5);
}

async function withRequester<T>(
  dataDir: string,
  signal: AbortSignal,
  use: (jobs: JobsApi) => Promise<T>,
): Promise<T> {
  const devnet = await startDevnet({ compute: 0, liars: 0, apiPort: 0, dataDir }, signal);
  try {
    return await Promise.race([use(openJobsApi(devnet.api, signal)), devnet.failed]);
  } finally {
    await devnet.stop();
  }
}

const LISTS = [
  "limit=100",
  "limit=100&order_by=modified_at&reverse=true",
  "limit=100&namespace=*",
  "limit=1000",
];

/** Walks through each list, page by page. */
async function measurePages(jobs: JobsApi): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const list of LISTS) {
    const tookMs: number[] = [];
    for (let page = 0, after = ""; page < PAGES; page += 1) {
      const startedMs = performance.now();
      const token = after === "" ? "" : `&next_token=${encodeURIComponent(after)}`;
      const { NextToken } = await jobs.get<{ readonly NextToken: string }>(`?${list}${token}`);
      tookMs.push(performance.now() - startedMs);
      if (NextToken === "") break;
      after = NextToken;
    }
    const pages = `${tookMs.length} pages of ?${list}`;
    figures.push({ name: `${pages}, p50`, ms: percentile(tookMs, 0.5) });
    figures.push({ name: `${pages}, p95`, ms: percentile(tookMs, 0.95) });
  }
  return figures;
}

function render(figures: readonly Figure[]): readonly string[] {
  return renderTable(
    ["", "ms", "goal"].map((title) => ({ title })),
    figures.map(({ name, ms, goalMs }) => [name, ms.toFixed(1), goalMs === undefined ? "" : `${goalMs}`]),
    Number.POSITIVE_INFINITY,
  );
}
