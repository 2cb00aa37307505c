import type { GuestModule } from "./guest-module.ts";
import type { InputEntry, InputQuestion } from "./input-channel.ts";
import type { CompileOptions } from "./rewrite-options.ts";
import type { TaskErrorReason } from "./task-error.ts";

/** What a worker is given to run, in a form that can be posted to it. */
export interface GuestTask {
  /** Rewritten. */
  readonly module: WebAssembly.Module;
  /** Fuel that goes before the first instruction, for all its modules. */
  readonly startFuel: number;
  /** Modules that it imports from, each by any of its names, and from those before it. */
  readonly libraries: readonly { readonly names: readonly string[]; readonly module: WebAssembly.Module }[];
  readonly entrypoint: string;
  /** All of them, the program's own name first. */
  readonly args: readonly string[];
  /** `NAME=value`, sorted bytewise by name. */
  readonly environment: readonly string[];
  readonly stdin: GuestStdin;
  /** Milliseconds since 1970. */
  readonly epochMs: number;
  readonly seed: Uint8Array;
  /** Inputs in the order in which questions about them count them. */
  readonly mounts: readonly { readonly target: string; readonly entry: InputEntry }[];
  readonly results: readonly { readonly name: string; readonly path: string }[];
  /** Folders that are open from the start: a copy of an input, or the task's own `/` where `mount` names none. */
  readonly preopens: readonly { readonly name: string; readonly mount: number | undefined }[];
  /** Whether what it prints is told while it runs. */
  readonly live: boolean;
  readonly limits: GuestLimits;
}

/** What a guest reads as its standard input: text, or an input whose bytes come as they are read. */
export type GuestStdin = { readonly text: string } | { readonly mount: number };

/** What a guest may take. */
export interface GuestLimits {
  /** Instructions, nearly: what it is charged. */
  readonly fuel: number;
  /** Slots of eight bytes that the frames of its functions under way may take. */
  readonly maxFrameSlots: number;
  readonly maxOutputBytes: number;
  readonly maxStdoutBytes: number;
  readonly maxStderrBytes: number;
  readonly maxOpenFiles: number;
  readonly maxNodes: number;
  /** Names in the path of a result. */
  readonly maxResultDepth: number;
  /** What becomes of a guest that prints more than it may. */
  readonly outputOverflow: "truncate" | "fail";
}

/** A file that the guest left under a result path. */
export interface ResultFile {
  /** In the results folder, such as `outputs/table.csv`. */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** How a guest ended, as its worker tells it. */
export type GuestOutcome =
  | {
      readonly kind: "ended";
      readonly exitCode: number;
      readonly fuelUsed: number;
      readonly stdout: Uint8Array<ArrayBuffer>;
      readonly stderr: Uint8Array<ArrayBuffer>;
      readonly stdoutTruncated: boolean;
      readonly stderrTruncated: boolean;
      /** The most that the memories of its modules held together. */
      readonly memoryPeakBytes: number;
      readonly files: readonly ResultFile[];
    }
  /** The task can't be run, or went over a limit that leaves no result. */
  | {
      readonly kind: "refused";
      readonly reason: "invalid-params" | "invalid-module" | "limit-exceeded";
      readonly state: string;
    }
  /** The host failed; its worker can't be used again. */
  | { readonly kind: "broken"; readonly state: string };

/** What a worker is asked to do, one thing at a time. */
export type WorkerJob =
  | { readonly kind: "run"; readonly task: GuestTask }
  | {
      readonly kind: "compile";
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly path: string;
      readonly options: CompileOptions;
    };

/** How that went. */
export type WorkerOutcome =
  | GuestOutcome
  | { readonly kind: "compiled"; readonly guest: GuestModule }
  | {
      readonly kind: "rejected";
      readonly reason: TaskErrorReason;
      readonly message: string;
      readonly field: string | undefined;
    };

/** What a worker posts. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "question"; readonly question: InputQuestion }
  /** There is more in the memory that its guest's output is in, which comes with the first of these. */
  | { readonly kind: "printed"; readonly memory?: SharedArrayBuffer }
  | { readonly kind: "outcome"; readonly outcome: WorkerOutcome };
