import type { TestProject } from "vitest/node";
import { type DevnetReady, type Running, startDevnet } from "../gadus.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** What `gadus devnet` said of the one network that all tests of the contract use. */
    readonly network: DevnetReady;
  }
}

let network: Running<DevnetReady> | undefined;

/** Starts the network before the first test. */
export async function setup(project: TestProject): Promise<void> {
  network = await startDevnet("--compute", "3");
  project.provide("network", network.ready);
}

/** Ends it after the last. */
export async function teardown(): Promise<void> {
  await network?.end();
}
