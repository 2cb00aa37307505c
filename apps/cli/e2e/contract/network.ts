import type { TestProject } from "vitest/node";
import { type DevnetReady, startDevnet } from "../gadus.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** What `gadus devnet` said of the one network that all tests of the contract use. */
    readonly network: DevnetReady;
  }
}

/** Starts the network before the first test; what is answered ends it after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const network = await startDevnet("--compute", "3");
  project.provide("network", network.ready);
  return async () => {
    await network.end();
  };
}
