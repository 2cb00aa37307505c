import { parentPort } from "node:worker_threads";
import { type Outcome, simulate } from "./world.ts";

/** What a worker says of each seed. */
export interface SeedReport {
  readonly seed: number;
  readonly outcome: Outcome;
  readonly wallMs: number;
}

parentPort?.on("message", (seed: number) => {
  run(seed).catch((error: unknown) => {
    throw error;
  });
});

async function run(seed: number): Promise<void> {
  const begunMs = performance.now();
  const outcome = { ...(await simulate(seed)), trace: [] };
  const report: SeedReport = { seed, outcome, wallMs: performance.now() - begunMs };
  parentPort?.postMessage(report);
}
