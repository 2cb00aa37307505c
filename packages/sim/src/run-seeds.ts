import { Worker } from "node:worker_threads";
import type { SeedReport } from "./seed-worker.ts";

/** A seed that came to no end. */
export interface SeedLoss {
  readonly seed: number;
  readonly reason: string;
}

export interface RunOptions {
  readonly from: number;
  readonly count: number;
  readonly workers: number;
  /** Called with each seed as it ends; where it answers false, no further seed is begun. */
  ended(report: SeedReport | SeedLoss): boolean;
}

/** A seed that takes longer than this, by the wall clock, hangs. */
const HANG_MS = 120_000;

/** Runs the seeds, each wholly in one thread, as many at a time as there are workers. */
export async function runSeeds(options: RunOptions): Promise<void> {
  const { from, count, workers } = options;
  let next = from;
  let isOver = false;

  const work = async (): Promise<void> => {
    let worker: Worker | undefined;
    while (!isOver && next < from + count) {
      const seed = next++;
      worker ??= new Worker(new URL("seed-worker.js", import.meta.url));
      const result = await runOne(worker, seed);
      if ("reason" in result) {
        await worker.terminate();
        worker = undefined;
      }
      if (!options.ended(result)) isOver = true;
    }
    await worker?.terminate();
  };
  await Promise.all(Array.from({ length: Math.min(workers, count) }, work));
}

function runOne(worker: Worker, seed: number): Promise<SeedReport | SeedLoss> {
  return new Promise((resolve) => {
    const settle = (result: SeedReport | SeedLoss): void => {
      clearTimeout(timer);
      worker.off("message", settle).off("error", broke).off("exit", ended);
      resolve(result);
    };
    const broke = (error: Error): void => settle({ seed, reason: error.stack ?? error.message });
    const ended = (code: number): void => settle({ seed, reason: `its worker ended with ${code}` });
    const hangs = { seed, reason: `it hangs: no end within ${HANG_MS / 1000} s` };
    const timer = setTimeout(() => settle(hangs), HANG_MS);
    worker.on("message", settle).on("error", broke).on("exit", ended);
    worker.postMessage(seed);
  });
}
