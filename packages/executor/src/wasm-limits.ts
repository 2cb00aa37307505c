import { availableParallelism } from "node:os";
import type { Resources } from "@gadus/protocol";

/**
 * What the `wasm` engine holds itself to.
 *
 * `maxStdoutBytes`, `maxStderrBytes`, `maxOpenFiles`, `maxNodes`, `maxTableElements` and `maxFrameSlots` are seen by guests: nodes whose results are
 * compared must agree on them, and profile `wasm/1` means their defaults.
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
  /** Entries that a module's tables have, together. @default 1,000,000 */
  readonly maxTableElements: number;
  /** Slots of eight bytes that the frames of functions under way may take. @default 1,048,576 */
  readonly maxFrameSlots: number;
  /** The largest `resources.diskBytes` that is admitted: guests' files are held in memory. @default 1 GiB */
  readonly maxOutputBytes: number;
  /** Of a module's binary. @default 64 MiB */
  readonly maxModuleBytes: number;
  /** Processes that executions run in, apart from the node's. @default 1 */
  readonly processes: number;
  /** Worker threads of them all, and so executions that run at once. @default the cores of the machine */
  readonly workers: number;
  /** After as many a worker is replaced. @default 1000 */
  readonly maxRunsPerWorker: number;
  /** JavaScript objects of a worker; a guest's own memory is not among them. @default 512 */
  readonly maxHeapMib: number;
  /** Executions that wait for a worker. @default 10,000 */
  readonly maxWaiting: number;
  /** Compiled modules that a process keeps, by the size of their rewritten binaries. @default 256 MiB */
  readonly moduleCacheBytes: number;
  /** How many of them. @default 1000 */
  readonly moduleCacheEntries: number;
  /** How long an executor process may take to start. @default 30 s */
  readonly startWithinMs: number;
  /** How often one that runs something is asked whether it is there. @default 5 s */
  readonly pingEveryMs: number;
  /** As many of these it may leave unanswered; then it is ended. @default 6 */
  readonly maxMissedPings: number;
  /** How long an aborted guest's thread may take to end; then its process is. @default 20 s */
  readonly endWithinMs: number;
  /** The pause before a process that ended twice without having run anything; it doubles. @default 100 ms */
  readonly restartPauseMs: number;
  /** @default 30 s */
  readonly maxRestartPauseMs: number;
}

const MIB = 1024 * 1024;
/** What 32 bits address. */
const MAX_MEMORY_BYTES = 4096 * MIB;
const PAGE_BYTES = 65_536;

/** `given`, and the default for what it leaves out. */
export function wasmLimits(given: Partial<WasmLimits> = {}): WasmLimits {
  return {
    maxStdoutBytes: MIB,
    maxStderrBytes: MIB,
    maxOpenFiles: 1024,
    maxNodes: 65_536,
    maxTableElements: 1_000_000,
    maxFrameSlots: 1_048_576,
    maxOutputBytes: 1024 * MIB,
    maxModuleBytes: 64 * MIB,
    processes: 1,
    workers: availableParallelism(),
    maxRunsPerWorker: 1000,
    maxHeapMib: 512,
    maxWaiting: 10_000,
    moduleCacheBytes: 256 * MIB,
    moduleCacheEntries: 1000,
    startWithinMs: 30_000,
    pingEveryMs: 5_000,
    maxMissedPings: 6,
    endWithinMs: 20_000,
    restartPauseMs: 100,
    maxRestartPauseMs: 30_000,
    ...given,
  };
}

/** Pages that a guest's memory may grow to under `resources`. */
export function memoryPagesOf({ memoryBytes }: Resources): number {
  return Math.floor(Math.min(memoryBytes, MAX_MEMORY_BYTES) / PAGE_BYTES);
}
