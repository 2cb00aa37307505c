// Measures what jobs that run at once take of memory, and prints it as JSON: `node memory-process.js JOBS`.
import { readFile } from "node:fs/promises";
import { wasmExecutor } from "@gadus/executor/wasm";
import type { Executor } from "@gadus/executor";
import type { ReadableVolume } from "@gadus/protocol";
import { executorRequest } from "./executor-request.ts";
import { TINY_MODULE } from "./modules.ts";
import { familyUse } from "./process-family.ts";

/** What is printed. */
export interface MemoryOfJobs {
  readonly jobs: number;
  /** Of the process that an executor works for, before it starts. */
  readonly bareBytes: number;
  /** With an executor for one job, and its processes, at rest. */
  readonly idleBytes: number;
  /** With an executor for as many jobs, while all run. */
  readonly busyBytes: number;
  /** Of all guests' own memory, which they have written to. */
  readonly guestBytes: number;
}

const GATE = "/gate";
const jobs = Number(process.argv[2] ?? 1);
const module = await readFile(new URL("../modules/hold.wasm", import.meta.url));
const bareBytes = await heldBytes();
const idleBytes = await withExecutor(1, async (executor) => {
  await executor.run(await executorRequest(TINY_MODULE, { cid: "tiny" }));
  return heldBytes();
});
const found: MemoryOfJobs = { jobs, bareBytes, idleBytes, ...(await withExecutor(jobs, holdAll)) };
process.stdout.write(JSON.stringify(found));

async function withExecutor<T>(workers: number, use: (executor: Executor) => Promise<T>): Promise<T> {
  const executor = wasmExecutor({ limits: { workers } });
  await executor.start();
  try {
    return await use(executor);
  } finally {
    await executor.stop();
  }
}

/** Looks at memory once all guests wait at the gate, and lets them go. */
async function holdAll(executor: Executor): Promise<Pick<MemoryOfJobs, "busyBytes" | "guestBytes">> {
  const gate = gateFor(jobs);
  const running = Promise.all(
    Array.from({ length: jobs }, async () => {
      const inputs = [{ target: GATE, volume: gate.volume(), cid: undefined }];
      return executor.run(await executorRequest(module, { cid: "hold", parameters: [GATE], inputs }));
    }),
  );
  await Promise.race([gate.full, running]);
  const busyBytes = await heldBytes();
  gate.open();
  const results = await running;
  const failed = results.find(({ exitCode }) => exitCode !== 0);
  if (failed !== undefined) throw new Error(`Cannot measure jobs that exit with ${failed.exitCode}`);
  return {
    busyBytes,
    guestBytes: results.reduce((sum, { usage }) => sum + (usage?.memoryPeakBytes ?? 0), 0),
  };
}

async function heldBytes(): Promise<number> {
  return (await familyUse(process.pid)).proportionalBytes;
}

/** A file for each guest, whose only byte isn't read before it is opened, and who waits for that. */
function gateFor(guests: number): { volume(): ReadableVolume; readonly full: Promise<void>; open(): void } {
  const full = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const entry = { path: "", name: "", kind: "file", sizeBytes: 1 } as const;
  let waiting = 0;
  return {
    full: full.promise,
    open: () => opened.resolve(),
    volume: () => {
      let asked = false;
      return {
        stat: async () => entry,
        list: async function* () {},
        read: async () => {
          if (!asked) waiting += 1;
          asked = true;
          if (waiting === guests) full.resolve();
          await opened.promise;
          return Uint8Array.of(1);
        },
        close: async () => {},
      };
    },
  };
}
