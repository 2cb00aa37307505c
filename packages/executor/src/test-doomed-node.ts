// A process that a test kills: it runs an endless program, and says so once another has come to its end beside it.
import { readFileSync } from "node:fs";
import { createMemoryScratch, memoryVolume } from "@gadus/storage/memory";
import type { RunRequest } from "./executor.ts";
import { wasmExecutor } from "./wasm.ts";

/** What it is told through its input. */
export interface DoomedTasks {
  /** By `JSON.stringify`, with an empty seed; each has its module at `/module.wasm`. */
  readonly endless: RunRequest["task"];
  readonly ending: RunRequest["task"];
  readonly moduleFile: string;
}

const { endless, ending, moduleFile } = JSON.parse(readFileSync(0, "utf8")) as DoomedTasks;
const executor = wasmExecutor({ limits: { workers: 2 } });
const scratch = createMemoryScratch();

async function run(executionId: string, task: RunRequest["task"]): Promise<void> {
  const volume = memoryVolume({ "": readFileSync(moduleFile) });
  const inputs = [{ target: "/module.wasm", volume, cid: undefined }];
  const details = { ...task.details, seed: new Uint8Array(32) };
  await executor.run({
    executionId,
    task: { ...task, details },
    inputs,
    results: await scratch.create(executionId),
  });
}

await executor.start();
const forever = run("endless", endless);
await run("ending", ending);
process.stdout.write("running\n");
await forever;
