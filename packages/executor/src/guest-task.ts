import type { InputEntry, InputQuestion } from "./input-channel.ts";

/** What a worker is given to run, in a form that can be posted to it. */
export interface GuestTask {
  /** Rewritten. */
  readonly module: WebAssembly.Module;
  /** Fuel that goes before its first instruction. */
  readonly startFuel: number;
  readonly entrypoint: string;
  /** All of them, the program's own name first. */
  readonly args: readonly string[];
  /** `NAME=value`, sorted bytewise by name. */
  readonly environment: readonly string[];
  readonly stdin: string;
  /** Milliseconds since 1970. */
  readonly epochMs: number;
  readonly seed: Uint8Array;
  /** Inputs in the order in which questions about them count them. */
  readonly mounts: readonly { readonly target: string; readonly entry: InputEntry }[];
  readonly results: readonly { readonly name: string; readonly path: string }[];
  readonly limits: GuestLimits;
}

/** What a guest may take. */
export interface GuestLimits {
  /** Instructions, nearly: what it is charged. */
  readonly fuel: number;
  readonly maxOutputBytes: number;
  readonly maxStdoutBytes: number;
  readonly maxStderrBytes: number;
  readonly maxOpenFiles: number;
  readonly maxNodes: number;
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
      readonly memoryPeakBytes: number;
      readonly stdout: Uint8Array<ArrayBuffer>;
      readonly stderr: Uint8Array<ArrayBuffer>;
      readonly stdoutTruncated: boolean;
      readonly stderrTruncated: boolean;
      readonly files: readonly ResultFile[];
    }
  /** The task can't be run, or went over a limit that leaves no result. */
  | { readonly kind: "refused"; readonly reason: "invalid-params" | "limit-exceeded"; readonly state: string }
  /** The host failed; its worker can't be used again. */
  | { readonly kind: "broken"; readonly state: string };

/** What a worker posts. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "question"; readonly question: InputQuestion }
  | { readonly kind: "outcome"; readonly outcome: GuestOutcome };
