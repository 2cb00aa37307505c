import { readFile } from "node:fs/promises";
import type { ReadableVolume, Task, WasmParams } from "@gadus/protocol";
import type { ScratchFolder } from "@gadus/storage";
import { createMemoryScratch, memoryVolume } from "@gadus/storage/memory";
import { afterAll, beforeAll } from "vitest";
import loadWabt from "wabt";
import { exampleTask, mounted } from "./conformance.ts";
import type { Executor, MountedInput, RunRequest, RunResult } from "./executor.ts";
import { wasmExecutor, type WasmExecutorOptions } from "./wasm.ts";

const MODULE_PATH = "/module.wasm";
const MUCH_FUEL = 100_000_000_000_000;
const wabt = loadWabt();
let count = 0;

/** What a test says of a task; the rest is as usual. */
export interface TaskWish {
  readonly args?: readonly string[];
  readonly params?: Partial<WasmParams>;
  readonly inputs?: readonly MountedInput[];
  readonly details?: Partial<Task["details"]>;
  readonly resources?: Partial<Task["terms"]["resources"]>;
  readonly fuel?: number;
}

/** The binary of a module in WebAssembly's text format. */
export async function compileWat(text: string): Promise<Uint8Array> {
  const features = { threads: true, multi_memory: true, memory64: true };
  const module = (await wabt).parseWat("test.wat", text, features);
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/** A module that was built from the C program of that name in `testdata`. */
export function builtModule(name: string): Promise<Uint8Array> {
  return readFile(new URL(`../testdata/${name}.wasm`, import.meta.url));
}

/** A task that runs `module`, and its inputs. */
export function wasmTask(module: Uint8Array, wish: TaskWish = {}): Pick<RunRequest, "task" | "inputs"> {
  const params: WasmParams = {
    entryModule: MODULE_PATH,
    entrypoint: "_start",
    parameters: [...(wish.args ?? [])],
    importModules: [],
    ...wish.params,
  };
  const example = exampleTask("wasm", "wasm/1", params, wish.details);
  const resources = { ...example.terms.resources, ...wish.resources };
  return {
    task: {
      ...example,
      terms: { ...example.terms, resources, fuel: wish.fuel ?? MUCH_FUEL },
    },
    inputs: [mounted(MODULE_PATH, memoryVolume({ "": module })), ...(wish.inputs ?? [])],
  };
}

export function newResults(): Promise<ScratchFolder> {
  return createMemoryScratch().create("e-1");
}

/** A request for an execution of its own, to results of its own. */
export async function wasmRequest(module: Uint8Array, wish: TaskWish = {}): Promise<RunRequest> {
  count += 1;
  return { executionId: `e-${count}`, results: await newResults(), ...wasmTask(module, wish) };
}

/** How a run ended, and every file that it left, as text. */
export interface Ending extends RunResult {
  readonly files: Readonly<Record<string, string>>;
}

export async function runToEnd(executor: Executor, request: RunRequest): Promise<Ending> {
  const result = await executor.run(request);
  return { ...result, files: await textFiles(request.results) };
}

/** Every file of `volume` as text, by path. */
export async function textFiles(volume: ReadableVolume): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {};
  await collect(volume, "", files);
  return files;
}

/** An executor that is started before the tests of a file, and stopped after them. */
export function startedExecutor(options: WasmExecutorOptions = {}): Executor {
  const executor = wasmExecutor({ ...options, limits: { workers: 1, ...options.limits } });
  beforeAll(() => executor.start());
  afterAll(() => executor.stop());
  return executor;
}

async function collect(volume: ReadableVolume, folder: string, files: Record<string, string>): Promise<void> {
  for await (const { path, kind, sizeBytes } of volume.list(folder)) {
    if (kind === "folder") await collect(volume, path, files);
    else files[path] = new TextDecoder().decode(await volume.read(path, 0, sizeBytes));
  }
}
