import { availableParallelism } from "node:os";
import type { Resources } from "@gadus/protocol";

/**
 * What the `wasm` engine holds itself to.
 *
 * `maxStdoutBytes`, `maxStderrBytes`, `maxOpenFiles` and `maxNodes` are seen by guests: nodes whose results are
 * compared must agree on them, and profile `wasm/0` means their defaults.
 */
export interface WasmLimits {
  /** Standard output that is kept; what comes after is dropped. @default 1 MiB */
  readonly maxStdoutBytes: number;
  /** @default 1 MiB */
  readonly maxStderrBytes: number;
  /** Descriptors that a guest has open at once. @default 1024 */
  readonly maxOpenFiles: number;
  /** Files, folders and links that a guest makes. @default 65,536 */
  readonly maxNodes: number;
  /** The largest `resources.diskBytes` that is admitted: guests' files are held in memory. @default 1 GiB */
  readonly maxOutputBytes: number;
  /** Of a module's binary. @default 64 MiB */
  readonly maxModuleBytes: number;
  /** Worker threads, and so executions that run at once. @default the cores of the machine */
  readonly workers: number;
  /** After as many a worker is replaced. @default 1000 */
  readonly maxRunsPerWorker: number;
  /** Executions that wait for a worker. @default 10,000 */
  readonly maxWaiting: number;
  /** Compiled modules that are kept, by the size of their binaries. @default 256 MiB */
  readonly moduleCacheBytes: number;
}

const MIB = 1024 * 1024;
/** What a task may write that states no `resources.diskBytes`. */
const UNSTATED_OUTPUT_BYTES = 256 * MIB;
/** What a guest's memory may grow to that states no `resources.memoryBytes`: all that 32 bits address. */
const UNSTATED_MEMORY_BYTES = 4096 * MIB;

/** `given`, and the default for what it leaves out. */
export function wasmLimits(given: Partial<WasmLimits> = {}): WasmLimits {
  return {
    maxStdoutBytes: MIB,
    maxStderrBytes: MIB,
    maxOpenFiles: 1024,
    maxNodes: 65_536,
    maxOutputBytes: 1024 * MIB,
    maxModuleBytes: 64 * MIB,
    workers: availableParallelism(),
    maxRunsPerWorker: 1000,
    maxWaiting: 10_000,
    moduleCacheBytes: 256 * MIB,
    ...given,
  };
}

/** What a guest may write under `resources`. */
export function outputBytesOf(resources: Resources): number {
  return resources.diskBytes === 0 ? UNSTATED_OUTPUT_BYTES : resources.diskBytes;
}

/** What a guest's memory may grow to under `resources`. */
export function memoryBytesOf(resources: Resources): number {
  return resources.memoryBytes === 0 ? UNSTATED_MEMORY_BYTES : resources.memoryBytes;
}
