import { randomUUID } from "node:crypto";
import type { MountedInput, RunRequest } from "@gadus/executor";
import { createMemoryScratch, memoryVolume } from "@gadus/storage/memory";

const MODULE_PATH = "/main.wasm";
const MIB = 1024 ** 2;
const MUCH_FUEL = 10 ** 12;
const YEAR_2000_MS = 946_684_800_000;
const scratch = createMemoryScratch();

/** What an executor is asked to run, beside the module. */
export interface RequestWish {
  /** The module's CID: the same one is the same bytes. */
  readonly cid: string;
  readonly parameters?: readonly string[];
  readonly inputs?: readonly MountedInput[];
}

/** A request to the executor itself, without any node: a run of `module` whose results are kept in memory. */
export async function executorRequest(
  module: Uint8Array,
  { cid, parameters = [], inputs = [] }: RequestWish,
): Promise<RunRequest> {
  const executionId = randomUUID();
  return {
    executionId,
    results: await scratch.create(executionId),
    inputs: [{ target: MODULE_PATH, volume: memoryVolume({ "": module }), cid }, ...inputs],
    task: {
      terms: {
        jobId: executionId,
        jobType: "batch",
        partition: 0,
        partitionCount: 1,
        engine: "wasm",
        profile: "wasm/1",
        inputs: [],
        resources: { cpuMillis: 100, memoryBytes: 64 * MIB, diskBytes: MIB, gpus: 0 },
        fuel: MUCH_FUEL,
        network: { type: "none", domains: [] },
        verifier: "none",
        publisher: "none",
        executionTimeoutMs: 60_000,
        priority: 0,
      },
      details: {
        name: "main",
        engineParams: {
          entryModule: MODULE_PATH,
          entrypoint: "_start",
          parameters: [...parameters],
          importModules: [],
        },
        mounts: [],
        resultPaths: [],
        environment: {},
        publisherParams: {},
        epochMs: YEAR_2000_MS,
        seed: new Uint8Array(32),
      },
    },
  };
}
