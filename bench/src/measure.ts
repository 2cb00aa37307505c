import { percentile } from "./statistics.ts";

/** What a load did. */
export interface Measurement {
  readonly jobs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly jobsPerSecond: number;
}

/** Where a load ends: at the first of both. */
export interface Bounds {
  readonly jobs: number;
  readonly seconds: number;
}

/**
 * Has `submitters` call `run` again and again, each waiting for its own, until `bounds` are reached.
 *
 * What each submitter does first is a warm-up and counts for nothing.
 */
export async function measureSubmitters(
  submitters: number,
  run: () => Promise<void>,
  bounds: Bounds,
): Promise<Measurement> {
  await Promise.all(Array.from({ length: submitters }, () => run()));
  const tookMs: number[] = [];
  const startedMs = performance.now();
  const endMs = startedMs + bounds.seconds * 1000;
  let left = bounds.jobs;
  const submit = async (): Promise<void> => {
    while (left-- > 0 && performance.now() < endMs) tookMs.push(await timed(run));
  };
  await Promise.all(Array.from({ length: submitters }, submit));
  return summarise(tookMs, performance.now() - startedMs);
}

/** Calls `run` `jobs` times at once. */
export async function measureBurst(jobs: number, run: () => Promise<void>): Promise<Measurement> {
  const startedMs = performance.now();
  const tookMs = await Promise.all(Array.from({ length: jobs }, () => timed(run)));
  return summarise(tookMs, performance.now() - startedMs);
}

async function timed(run: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await run();
  return performance.now() - startedMs;
}

function summarise(tookMs: readonly number[], elapsedMs: number): Measurement {
  return {
    jobs: tookMs.length,
    p50Ms: percentile(tookMs, 0.5),
    p95Ms: percentile(tookMs, 0.95),
    jobsPerSecond: (tookMs.length / elapsedMs) * 1000,
  };
}
