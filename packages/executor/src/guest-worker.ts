import { Worker } from "node:worker_threads";
import type { GuestModule } from "./guest-module.ts";
import type { GuestOutcome, GuestTask, WorkerJob, WorkerMessage, WorkerOutcome } from "./guest-task.ts";
import type { InputQuestion } from "./input-channel.ts";
import type { CompileOptions } from "./rewrite-options.ts";
import {
  type AnswerForm,
  answerPlace,
  giveAnswer,
  newSharedAnswer,
  type SharedAnswer,
} from "./shared-answer.ts";
import { stateOf, TaskError } from "./task-error.ts";

/** Where the answer to a question is put. */
export interface AnswerPlace {
  /** Memory for its bytes. */
  bytes(sizeBytes: number): Uint8Array;
  /** Hands it over; once. */
  settle(form: AnswerForm, sizeBytes: number): void;
}

/** Passes a guest's question on; the answer comes to `place`. */
export type PassQuestion = (question: InputQuestion, place: AnswerPlace) => void;

/** Is told that the guest printed more, and with the first of it, where that is. */
export type HearOutput = (memory: SharedArrayBuffer | undefined) => void;

/** The part of a worker's heap for what is new, in each of three spaces: more would only take longer to be used again. */
const MAX_YOUNG_MIB = 2;
/**
 * The native stack: four times what the frames of a guest were seen to take, in any tier, that uses up its
 * `maxFrameSlots` of 8 bytes (15 MiB of them at most). Only what is used takes memory.
 */
const STACK_MIB = 64;

interface Waiting {
  readonly pass: PassQuestion;
  readonly hear: HearOutput;
  readonly resolve: (outcome: WorkerOutcome) => void;
  readonly reject: (error: TaskError) => void;
}

/** A module that is compiled asks and prints nothing. */
const NOBODY: Pick<Waiting, "pass" | "hear"> = { pass: () => {}, hear: () => {} };

/** One worker thread, which does one job at a time. */
export class GuestWorker {
  /** Settles once it can take a job; rejects where it can't be started. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #answer: SharedAnswer = newSharedAnswer();
  #waiting: Waiting | undefined;
  #failure: TaskError | undefined;
  #uses = 0;

  /** @param maxHeapMib of JavaScript objects; a guest's own memory is not among them */
  constructor(maxHeapMib: number) {
    this.#worker = new Worker(workerFile(), {
      name: "gadus-wasm",
      workerData: this.#answer,
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      trackUnmanagedFds: false,
      resourceLimits: {
        maxOldGenerationSizeMb: maxHeapMib,
        maxYoungGenerationSizeMb: MAX_YOUNG_MIB,
        stackSizeMb: STACK_MIB,
      },
    });
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on("message", (message: WorkerMessage) => {
        if (message.kind === "ready") resolve();
        else this.#receive(message);
      });
      const fail = (state: string): void => {
        this.#failure ??= new TaskError("engine-down", `Cannot run on a worker: ${state}`);
        reject(this.#failure);
        this.#waiting?.reject(this.#failure);
        this.#waiting = undefined;
      };
      this.#worker.on("error", (error) => fail(stateOf(error)));
      this.#worker.on("exit", () => fail("it has ended"));
    });
    // Whoever wants it waits for it; nobody may.
    this.ready.catch(() => {});
  }

  /** How many executions it was used for. */
  get uses(): number {
    return this.#uses;
  }

  /** Whether a job is under way. */
  get busy(): boolean {
    return this.#waiting !== undefined;
  }

  /** Whether it can take another job. */
  get free(): boolean {
    return this.#failure === undefined && !this.busy;
  }

  /** Counts one execution that it is used for. */
  use(): void {
    this.#uses += 1;
  }

  /**
   * Runs a guest, whose questions it passes on, and tells of what it prints.
   *
   * @throws {TaskError} `engine-down` when the thread ends under it
   */
  async run(task: GuestTask, pass: PassQuestion, hear: HearOutput): Promise<GuestOutcome> {
    const outcome = await this.#do({ kind: "run", task }, { pass, hear });
    if (outcome.kind === "compiled" || outcome.kind === "rejected") throw this.#break(outcome.kind);
    if (outcome.kind === "broken") this.#break(outcome.state);
    return outcome;
  }

  /**
   * Rewrites and compiles the module in `bytes`, which are given away.
   *
   * @throws {TaskError} `invalid-module`, `limit-exceeded`, and `engine-down` when the thread ends under it
   */
  async compile(bytes: Uint8Array<ArrayBuffer>, path: string, options: CompileOptions): Promise<GuestModule> {
    const outcome = await this.#do({ kind: "compile", bytes, path, options }, NOBODY, [bytes.buffer]);
    if (outcome.kind === "compiled") return outcome.guest;
    if (outcome.kind !== "rejected") {
      throw this.#break(outcome.kind === "broken" ? outcome.state : outcome.kind);
    }
    const { reason, message, field } = outcome;
    throw new TaskError(reason, message, field === undefined ? {} : { field });
  }

  /** Ends the thread, at whatever instruction it is; settles once it is gone. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #do(
    job: WorkerJob,
    others: Pick<Waiting, "pass" | "hear">,
    transfer: ArrayBuffer[] = [],
  ): Promise<WorkerOutcome> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#waiting = { ...others, resolve, reject };
      this.#worker.postMessage(job, transfer);
    });
  }

  /** It may be in any state: it is not used again. */
  #break(state: string): TaskError {
    this.#failure ??= new TaskError("engine-down", `Cannot run on a worker: ${state}`);
    return this.#failure;
  }

  #receive(message: Exclude<WorkerMessage, { kind: "ready" }>): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (message.kind === "outcome") {
      this.#waiting = undefined;
      waiting.resolve(message.outcome);
      return;
    }
    if (message.kind === "printed") {
      waiting.hear(message.memory);
      return;
    }
    const answer = this.#answer;
    waiting.pass(message.question, {
      bytes: (sizeBytes) => answerPlace(answer, sizeBytes),
      settle: (form, sizeBytes) => giveAnswer(answer, form, sizeBytes),
    });
  }
}

/** The worker's own file stands beside this one, in the same language. */
function workerFile(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./wasm-worker.${extension}`, import.meta.url);
}
