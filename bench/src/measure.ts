import { BenchError } from "./bench-error.ts";
import { percentile } from "./statistics.ts";

/** What a load did. */
export interface Measurement {
  /** Jobs that were completed; the figures are theirs. */
  readonly jobs: number;
  readonly failed: number;
  /** Why the first one failed. */
  readonly failure?: string;
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
 * What each submitter does first is a warm-up and counts for nothing. A job that fails is counted; anything else that
 * goes wrong rejects.
 */
export async function measureSubmitters(
  submitters: number,
  run: () => Promise<void>,
  bounds: Bounds,
): Promise<Measurement> {
  await Promise.all(Array.from({ length: submitters }, () => new Tally().add(run)));
  const tally = new Tally();
  const endMs = performance.now() + bounds.seconds * 1000;
  let left = bounds.jobs;
  const submit = async (): Promise<void> => {
    while (left-- > 0 && performance.now() < endMs) await tally.add(run);
  };
  await Promise.all(Array.from({ length: submitters }, submit));
  return tally.measurement();
}

/** Calls `run` `jobs` times at once. */
export async function measureBurst(jobs: number, run: () => Promise<void>): Promise<Measurement> {
  const tally = new Tally();
  await Promise.all(Array.from({ length: jobs }, () => tally.add(run)));
  return tally.measurement();
}

/** Counts what ran since it was made. */
class Tally {
  readonly #startedMs = performance.now();
  readonly #tookMs: number[] = [];
  readonly #failures: string[] = [];

  async add(run: () => Promise<void>): Promise<void> {
    const startedMs = performance.now();
    try {
      await run();
      this.#tookMs.push(performance.now() - startedMs);
    } catch (error) {
      if (!(error instanceof BenchError) || error.code !== "bench/job-not-completed") throw error;
      this.#failures.push(error.message);
    }
  }

  measurement(): Measurement {
    const elapsedMs = performance.now() - this.#startedMs;
    const [failure] = this.#failures;
    return {
      jobs: this.#tookMs.length,
      failed: this.#failures.length,
      ...(failure !== undefined && { failure }),
      p50Ms: percentile(this.#tookMs, 0.5),
      p95Ms: percentile(this.#tookMs, 0.95),
      jobsPerSecond: (this.#tookMs.length / elapsedMs) * 1000,
    };
  }
}
