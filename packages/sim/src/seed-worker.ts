import { parentPort } from "node:worker_threads";
import { simulate } from "./world.ts";

/** What a worker says of each seed. */
export interface SeedReport {
  readonly seed: number;
  readonly outcome: Omit<Awaited<ReturnType<typeof simulate>>, "trace">;
  readonly wallMs: number;
}

parentPort?.on("message", (seed: number) => {
  const begunMs = performance.now();
  simulate(seed).then(
    ({ trace: _, ...outcome }) => {
      const report: SeedReport = { seed, outcome, wallMs: performance.now() - begunMs };
      parentPort?.postMessage(report);
    },
    (error: unknown) => {
      throw error;
    },
  );
});
