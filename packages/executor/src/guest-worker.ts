import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { messageOf } from "@gadus/protocol";
import { ExecutorError } from "./executor-error.ts";
import type { GuestOutcome, GuestTask, WorkerMessage } from "./guest-task.ts";
import type { InputAnswer, InputQuestion } from "./input-channel.ts";
import type { WorkerStart } from "./wasm-worker.ts";

/** Answers a guest's questions about its inputs; it never rejects. */
export type AnswerInput = (question: InputQuestion) => Promise<InputAnswer>;

/** JavaScript objects of a worker; a guest's own memory is not among them. */
const MAX_HEAP_MIB = 512;
/**
 * The native stack: four times what the frames of a guest were seen to take, in any tier, that uses up its
 * `maxFrameSlots` of 8 bytes (15 MiB of them at most). Only what is used takes memory.
 */
const STACK_MIB = 64;

interface Waiting {
  readonly answer: AnswerInput;
  readonly resolve: (outcome: GuestOutcome) => void;
  readonly reject: (error: ExecutorError) => void;
}

/** One worker thread, which runs one guest at a time. */
export class GuestWorker {
  /** Settles once it can take a guest; rejects where it can't be started. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #answers: MessagePort;
  readonly #answered = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  #waiting: Waiting | undefined;
  #runs = 0;
  #failure: ExecutorError | undefined;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#answers = port1;
    const start: WorkerStart = { answers: port2, answered: this.#answered };
    this.#worker = new Worker(workerFile(), {
      name: "gadus-wasm",
      workerData: start,
      transferList: [port2],
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB, stackSizeMb: STACK_MIB },
    });
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on("message", (message: WorkerMessage) => {
        if (message.kind === "ready") resolve();
        else this.#receive(message);
      });
      const fail = (state: string): void => {
        this.#failure ??= new ExecutorError("executor/engine-down", `Cannot run on a worker: ${state}`);
        reject(this.#failure);
        this.#waiting?.reject(this.#failure);
        this.#waiting = undefined;
      };
      this.#worker.on("error", (error) => fail(messageOf(error)));
      this.#worker.on("exit", () => fail("it has ended"));
    });
    // Whoever wants it waits for it; nobody may.
    this.ready.catch(() => {});
  }

  /** How many guests it has been given. */
  get runs(): number {
    return this.#runs;
  }

  /** Whether it can take another guest. */
  get alive(): boolean {
    return this.#failure === undefined;
  }

  /** @throws {ExecutorError} `executor/engine-down` when the thread ends under the guest */
  run(task: GuestTask, answer: AnswerInput): Promise<GuestOutcome> {
    this.#runs += 1;
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#waiting = { answer, resolve, reject };
      this.#worker.postMessage(task);
    });
  }

  /** Ends the thread, at whatever instruction it is; settles once it is gone. */
  async end(): Promise<void> {
    await this.#worker.terminate();
    this.#answers.close();
  }

  #receive(message: Exclude<WorkerMessage, { kind: "ready" }>): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (message.kind === "outcome") {
      this.#waiting = undefined;
      waiting.resolve(message.outcome);
      return;
    }
    waiting.answer(message.question).then(
      (answer) => this.#reply(answer),
      () => this.#reply({ kind: "failed" }),
    );
  }

  #reply(answer: InputAnswer): void {
    if (!this.alive) return;
    this.#answers.postMessage(answer);
    const counter = new Int32Array(this.#answered);
    Atomics.add(counter, 0, 1);
    Atomics.notify(counter, 0);
  }
}

/** The worker's own file stands beside this one, in the same language. */
function workerFile(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./wasm-worker.${extension}`, import.meta.url);
}
