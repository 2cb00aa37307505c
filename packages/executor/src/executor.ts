import type { CallOptions, OutputName, ReadableVolume, Task, TaskTerms } from "@gadus/protocol";
import type { ScratchFolder } from "@gadus/storage";

/** An input as the task sees it. */
export interface MountedInput {
  /** The absolute path at which the task finds it. */
  readonly target: string;
  readonly volume: ReadableVolume;
  /** The content's CID, where it has one: the same CID is the same bytes. */
  readonly cid: string | undefined;
}

/** One execution to run. */
export interface RunRequest {
  /** Unique on this node: `run` is idempotent by it. */
  readonly executionId: string;
  readonly task: Task;
  readonly inputs: readonly MountedInput[];
  /**
   * Empty at first. On return it holds the files `stdout`, `stderr` and `exitCode` (decimal, no newline), and a
   * folder for each result path, by its name.
   */
  readonly results: ScratchFolder;
  /**
   * Is given what the task prints, as it prints it and in its order, as far as it is kept; a run that is taken up
   * again begins from its first byte.
   */
  readonly output?: (stream: OutputName, bytes: Uint8Array) => void;
  /** Is told what takes long before the task begins, such as an image that is pulled, in words. */
  readonly progress?: (message: string) => void;
  /** What only a run that belongs to no job has; undefined in every other. */
  readonly local?: LocalSurroundings;
}

/** What someone who runs a module on the spot gives it, beside what a job could. */
export interface LocalSurroundings {
  /** Read as the task reads its standard input, instead of what its parameters say: the file "", of any length. */
  readonly stdin?: ReadableVolume;
  /**
   * Folders that are open to the task from the start, each a writable copy of what its volume holds, or `/` with
   * inputs and result paths where it has none.
   *
   * @default `/` alone
   */
  readonly preopens?: readonly { readonly name: string; readonly volume?: ReadableVolume }[];
  /**
   * Whether a module is run as it is, without what an engine does to it so that all machines agree: for comparing.
   *
   * @default false
   */
  readonly unchanged?: boolean;
}

/** How a run ended. */
export interface RunResult {
  readonly exitCode: number;
  readonly stdoutTruncated: boolean;
  readonly stderrTruncated: boolean;
  /** What the engine measured of it, where it measures. */
  readonly usage?: ResourceUsage;
  /** The image that ran, by digest or id. */
  readonly image?: string;
  /** What else the submitter should hear of it, such as files that were left out, in words. */
  readonly notes?: readonly string[];
}

/** What a run took, told of and never hashed. */
export interface ResourceUsage {
  /** What it was charged, by an engine that counts instructions. */
  readonly fuel: number;
  /** The most memory that the task itself held. */
  readonly memoryPeakBytes: number;
}

/** Whether an engine can take a task, in words where it can't. */
export type Admission =
  | {
      readonly admitted: true;
      /** Whether the image that the terms name by reference is here, so that nothing must be pulled. */
      readonly holdsImage?: boolean;
    }
  | { readonly admitted: false; readonly reason: string };

/** Runs executions on one engine (Docker, WebAssembly, ...). */
export interface Executor {
  readonly engine: string;
  /** What fixes the bytes that it yields, the preferred one first, such as `wasm/1`. */
  readonly profiles: readonly string[];
  /** What people may want to know of it, such as its limits, in words. */
  facts(): Readonly<Record<string, string>>;
  /** Why it can't run anything now; undefined where it can. */
  unavailable(): string | undefined;
  start(): Promise<void>;
  /** Ends what still runs. */
  stop(): Promise<void>;
  /** Whether it can run a task of these terms now. Quick: a bid waits for it. */
  admit(terms: TaskTerms, options?: CallOptions): Promise<Admission>;
  /**
   * Runs `request` to completion, or takes up again what still runs under its id.
   *
   * A non-zero exit code is a result, not an error. When this promise settles the engine holds no resources for
   * the execution.
   *
   * @throws {ExecutorError} whose `blame` says whether the node, the job or nobody is at fault
   * @throws the signal's reason, if `signal` aborts: then nothing of it runs any more
   */
  run(request: RunRequest, options?: CallOptions): Promise<RunResult>;
  /** Removes what a process before this one left of executions that aren't kept. */
  removeOrphans(isKept: (executionId: string) => boolean, options?: CallOptions): Promise<void>;
}
