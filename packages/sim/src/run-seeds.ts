import { Worker } from "node:worker_threads";
import { drawScenario } from "./draw-scenario.ts";
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
  /** Kinds of scenarios that are run; the seeds of others are passed over. */
  readonly kinds: ReadonlySet<string>;
  /** A seed that takes longer than this, by the wall clock, hangs: its thread is ended. */
  readonly hangMs: number;
  /** Called with each seed as it ends; where it answers false, no further seed is begun. */
  ended(report: SeedReport | SeedLoss): boolean;
}

/** Runs the seeds, each wholly in one thread, as many at a time as there are workers. */
export async function runSeeds(options: RunOptions): Promise<void> {
  const { from, count, workers, kinds } = options;
  let next = from;
  let isOver = false;

  const work = async (): Promise<void> => {
    let worker: Worker | undefined;
    while (!isOver && next < from + count) {
      const seed = next++;
      if (!kinds.has(drawScenario(seed).kind)) continue;
      worker ??= new Worker(new URL("seed-worker.js", import.meta.url));
      const result = await runOne(worker, seed, options.hangMs);
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

function runOne(worker: Worker, seed: number, hangMs: number): Promise<SeedReport | SeedLoss> {
  return new Promise((resolve) => {
    const settle = (result: SeedReport | SeedLoss): void => {
      clearTimeout(timer);
      worker.off("message", settle).off("error", broke).off("exit", ended);
      resolve(result);
    };
    const broke = (error: Error): void => settle({ seed, reason: error.stack ?? error.message });
    const ended = (code: number): void => settle({ seed, reason: `its worker ended with ${code}` });
    const hangs = { seed, reason: `it hangs: no end within ${hangMs / 1000} s` };
    const timer = setTimeout(() => settle(hangs), hangMs);
    worker.on("message", settle).on("error", broke).on("exit", ended);
    worker.postMessage(seed);
  });
}
