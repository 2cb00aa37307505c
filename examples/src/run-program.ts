import type { Executor, MountedInput, ResourceUsage } from "@gadus/executor";
import { describeResults, type ReadableVolume, type Task } from "@gadus/protocol";
import { createMemoryScratch, memoryVolume } from "@gadus/storage/memory";

/** What a program is run with, beside its module. */
export interface ProgramWish {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Files of the input `/in`, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** What it ends with. @default 0 */
  readonly exitCode?: number;
}

/** What it left. */
export interface ProgramEnding {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** `/out/result`, where there is one. */
  readonly result: Uint8Array | undefined;
  readonly digest: string;
  readonly usage: ResourceUsage | undefined;
}

/** Puts things into another order. */
export type Shuffle = <T>(things: readonly T[]) => readonly T[];

const MIB = 1024 * 1024;
const asItIs: Shuffle = (things) => things;
let count = 0;

/** Runs `module` with its results in `/out`; in whatever order inputs and variables are named, it sees the same. */
export async function runProgram(
  executor: Executor,
  module: Uint8Array,
  wish: ProgramWish,
  shuffle: Shuffle = asItIs,
): Promise<ProgramEnding> {
  count += 1;
  const executionId = `e-${count}`;
  const results = await createMemoryScratch().create(executionId);
  const inputs: readonly MountedInput[] = shuffle([
    { target: "/module.wasm", volume: memoryVolume({ "": module }), cid: undefined },
    { target: "/in", volume: memoryVolume(wish.files ?? {}), cid: undefined },
    { target: "/more/b", volume: memoryVolume({ "": "b" }), cid: undefined },
    { target: "/more/a", volume: memoryVolume({ "": "a" }), cid: undefined },
  ]);
  const { exitCode, usage } = await executor.run({
    executionId,
    task: taskOf(executor, wish, shuffle),
    inputs,
    results,
  });
  const text = async (path: string): Promise<string> => {
    return new TextDecoder().decode(await contentOf(results, path));
  };
  return {
    exitCode,
    stdout: await text("stdout"),
    stderr: await text("stderr"),
    result: await contentOf(results, "out/result"),
    digest: (await describeResults(results)).digest,
    usage,
  };
}

async function contentOf(volume: ReadableVolume, path: string): Promise<Uint8Array | undefined> {
  const entry = await volume.stat(path);
  return entry && (await volume.read(path, 0, entry.sizeBytes));
}

function taskOf(executor: Executor, wish: ProgramWish, shuffle: Shuffle): Task {
  return {
    terms: {
      jobId: "j-examples",
      jobType: "batch",
      partition: 0,
      partitionCount: 1,
      engine: "wasm",
      profile: executor.profiles[0] ?? "",
      inputs: [],
      resources: { cpuMillis: 100, memoryBytes: 64 * MIB, diskBytes: MIB, gpus: 0 },
      network: { type: "none", domains: [] },
      verifier: "none",
      publisher: "none",
      executionTimeoutMs: 60_000,
      priority: 0,
    },
    details: {
      name: "main",
      engineParams: {
        entryModule: "/module.wasm",
        entrypoint: "_start",
        parameters: [...(wish.args ?? [])],
        importModules: [],
        stdin: wish.stdin ?? "",
      },
      mounts: [],
      resultPaths: [{ name: "out", path: "/out" }],
      environment: Object.fromEntries(shuffle(Object.entries(wish.environment ?? {}))),
      publisherParams: {},
      epochMs: 946_684_800_000,
      seed: new Uint8Array(32),
    },
  };
}
