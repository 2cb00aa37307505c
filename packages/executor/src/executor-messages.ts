import type { GuestTask } from "./guest-task.ts";
import type { InputEntry, InputQuestion } from "./input-channel.ts";
import type { CompileOptions } from "./rewrite-options.ts";
import type { AnswerForm } from "./shared-answer.ts";
import type { TaskErrorReason } from "./task-error.ts";

/** What an executor process is to be, told first. */
export interface ProcessSettings {
  readonly workers: number;
  readonly maxRunsPerWorker: number;
  readonly maxHeapMib: number;
  readonly maxWaiting: number;
  readonly moduleCacheBytes: number;
  readonly moduleCacheEntries: number;
}

/** A task as it is sent to an executor process; it names its modules, and the process asks for their bytes. */
export interface ProcessTask
  extends Omit<GuestTask, "module" | "libraries" | "startFuel" | "mounts" | "seed"> {
  /** In hexadecimal digits. */
  readonly seed: string;
  readonly mounts: readonly TaskMount[];
  readonly modules: TaskModules;
}

/** An input of a task. */
export interface TaskMount {
  readonly target: string;
  readonly entry: InputEntry;
  readonly cid?: string;
}

/** The modules of a task, by their paths in it. */
export interface TaskModules {
  readonly entry: string;
  readonly imports: readonly string[];
  readonly maxModuleBytes: number;
  readonly options: CompileOptions;
}

/** What a node says to an executor process; `execution` is a number that it gives each once. */
export type ToExecutor =
  | { readonly kind: "start"; readonly settings: ProcessSettings }
  | { readonly kind: "ping" }
  | { readonly kind: "run"; readonly execution: number; readonly task: ProcessTask }
  /** It is to end, and answered by any of the ends below. */
  | { readonly kind: "abort"; readonly execution: number }
  /** To what it asked last; the body is the answer. */
  | { readonly kind: "answer"; readonly execution: number; readonly form: AnswerForm }
  /** One frame of its results has been taken. */
  | { readonly kind: "taken"; readonly execution: number }
  /** What it printed last has been taken. */
  | { readonly kind: "heard"; readonly execution: number };

/** What an executor process says. It is believed nothing: see `readExecutorMessage`. */
export type FromExecutor =
  | { readonly kind: "ready" }
  | { readonly kind: "pong" }
  | { readonly kind: "ask"; readonly execution: number; readonly question: InputQuestion }
  /** More of what it prints, while it runs; the body is parts, as `print-parts` writes them. */
  | { readonly kind: "printed"; readonly execution: number }
  /** A file of the results folder; the body is its beginning. */
  | {
      readonly kind: "file";
      readonly execution: number;
      readonly path: string;
      readonly sizeBytes: number;
    }
  /** More of the file that came last; the body is what comes next. */
  | { readonly kind: "part"; readonly execution: number }
  | ExecutionEnd;

/** The last that is said of an execution. */
export type ExecutionEnd =
  /** All of its results have been sent. */
  | ({ readonly kind: "ended"; readonly execution: number } & EndedRun)
  | {
      readonly kind: "refused";
      readonly execution: number;
      readonly reason: TaskErrorReason;
      readonly message: string;
      readonly field?: string;
    }
  | { readonly kind: "stopped"; readonly execution: number };

/** How a guest ended. */
export interface EndedRun {
  readonly exitCode: number;
  readonly fuelUsed: number;
  readonly stdoutTruncated: boolean;
  readonly stderrTruncated: boolean;
  readonly memoryPeakBytes: number;
}

/** The descriptor of an executor process that both sides talk over. */
export const CHANNEL_FD = 3;
/** Bytes of a result that one frame brings. */
export const MAX_PART_BYTES = 256 * 1024;
/** Frames of an execution's results that may be under way before one is taken. */
export const MAX_PARTS_AHEAD = 8;
/** Bytes that it printed, of one frame, and parts of one stream that they come in. */
export const MAX_PRINTED_BYTES = 64 * 1024;
export const MAX_PRINTED_PARTS = 1024;
/** Characters of a message or state that is told. */
export const MAX_STATE_LENGTH = 4096;
