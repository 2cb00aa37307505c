import { checkEntrypoint } from "./check-module.ts";
import type { FromExecutor, ProcessTask } from "./executor-messages.ts";
import { MAX_STATE_LENGTH } from "./executor-messages.ts";
import type { GuestModule } from "./guest-module.ts";
import type { GuestOutcome, GuestTask } from "./guest-task.ts";
import type { AnswerPlace, GuestWorker } from "./guest-worker.ts";
import type { InputAnswer, InputQuestion } from "./input-channel.ts";
import { LiveOutput } from "./live-output.ts";
import { type LoadedModules, loadModules } from "./load-modules.ts";
import type { ModuleCache } from "./module-cache.ts";
import { isWorthReclaiming, reclaimMemory } from "./reclaim-memory.ts";
import { type SendFrame, sendResults, SendWindow } from "./send-results.ts";
import { type AnswerForm, decodeAnswer } from "./shared-answer.ts";
import { stateOf, TaskError } from "./task-error.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** What executions of one process share. */
export interface ExecutionPorts {
  readonly pool: WorkerPool;
  readonly cache: ModuleCache;
  readonly send: SendFrame;
}

/** One execution in an executor process: from its task until the last frame about it has been sent. */
export class GuestExecution {
  readonly #id: number;
  readonly #task: ProcessTask;
  readonly #ports: ExecutionPorts;
  readonly #aborted = new AbortController();
  readonly #window = new SendWindow();
  readonly #output: LiveOutput;
  #place: AnswerPlace | undefined;

  constructor(id: number, task: ProcessTask, ports: ExecutionPorts) {
    this.#id = id;
    this.#task = task;
    this.#ports = ports;
    this.#output = new LiveOutput((body) => ports.send({ kind: "printed", execution: id }, body));
  }

  /** Runs it, sends its results, and how it ended; never rejects. */
  async run(): Promise<void> {
    const execution = this.#id;
    try {
      const resultBytes = await this.#runAndSend();
      if (!isWorthReclaiming(resultBytes)) return;
      await this.#window.drained();
      reclaimMemory();
    } catch (error) {
      const { aborted } = this.#aborted.signal;
      this.#ports.send(aborted ? { kind: "stopped", execution } : refusalOf(execution, error));
    }
  }

  /** Answers how large its results were; nothing of them is left here. */
  async #runAndSend(): Promise<number> {
    const { send } = this.#ports;
    const { signal } = this.#aborted;
    const execution = this.#id;
    const outcome = await this.#runInPool();
    if (outcome.kind !== "ended") throw errorOf(outcome, this.#task.modules.entry);
    const { stdout, stderr, files, ...end } = outcome;
    const all = [{ path: "stdout", bytes: stdout }, { path: "stderr", bytes: stderr }, ...files];
    await sendResults(execution, all, { send, window: this.#window, signal });
    signal.throwIfAborted();
    send({ ...end, execution });
    return all.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Whatever comes of it, what it printed is sent before. */
  async #runInPool(): Promise<GuestOutcome> {
    try {
      return await this.#ports.pool.use((worker) => this.#runOn(worker), this.#aborted.signal);
    } finally {
      await this.#output.end();
    }
  }

  abort(): void {
    this.#aborted.abort();
    this.#window.taken();
  }

  /** The node has taken a frame of its results. */
  taken(): void {
    this.#window.taken();
  }

  /** The node has taken what it printed last. */
  heard(): void {
    this.#output.heard();
  }

  /** Memory for the answer to what it asked. */
  answerPlace(sizeBytes: number): Uint8Array | undefined {
    return this.#place?.bytes(sizeBytes);
  }

  /** The answer is in that memory. */
  answered(form: AnswerForm, sizeBytes: number): void {
    const place = this.#place;
    this.#place = undefined;
    place?.settle(form, sizeBytes);
  }

  async #runOn(worker: GuestWorker): Promise<GuestOutcome> {
    const { signal } = this.#aborted;
    const task = this.#task;
    const modules = await loadModules(
      {
        cache: this.#ports.cache,
        ask: (question) => this.#ask(question),
        // Once it was aborted the worker may be another's.
        compile: async (...given): Promise<GuestModule> => {
          signal.throwIfAborted();
          return worker.compile(...given);
        },
        signal,
      },
      task,
    );
    checkEntrypoint(modules.guest, task.entrypoint, task.modules.entry);
    signal.throwIfAborted();
    return worker.run(
      guestTaskOf(task, modules),
      (question, place) => this.#pass(question, place),
      (memory) => this.#output.more(memory),
    );
  }

  #pass(question: InputQuestion, place: AnswerPlace): void {
    this.#place = place;
    this.#ports.send({ kind: "ask", execution: this.#id, question });
  }

  #ask(question: InputQuestion): Promise<InputAnswer> {
    return new Promise((resolve) => {
      let content = new Uint8Array(0);
      this.#pass(question, {
        bytes: (sizeBytes) => {
          content = new Uint8Array(sizeBytes);
          return content;
        },
        settle: (form) => resolve(decodeAnswer(form, content)),
      });
    });
  }
}

function guestTaskOf(task: ProcessTask, modules: LoadedModules): GuestTask {
  const { modules: wanted, seed, mounts, ...rest } = task;
  const { unchanged } = wanted.options;
  return {
    ...rest,
    seed: Buffer.from(seed, "hex"),
    mounts: mounts.map(({ target, entry }) => ({ target, entry })),
    module: modules.guest.module,
    libraries: modules.libraries,
    startFuel: unchanged ? 0 : modules.all.reduce((sum, { startFuel }) => sum + startFuel, 0),
  };
}

function errorOf(outcome: Exclude<GuestOutcome, { kind: "ended" }>, path: string): TaskError {
  const reason = outcome.kind === "broken" ? "engine-down" : outcome.reason;
  return new TaskError(reason, `Cannot run module "${path}": ${outcome.state}`);
}

function refusalOf(execution: number, error: unknown): FromExecutor {
  const kind = "refused";
  if (!(error instanceof TaskError)) {
    const message = `Cannot run on the wasm engine: ${stateOf(error)}`.slice(0, MAX_STATE_LENGTH);
    return { kind, execution, reason: "engine-down", message };
  }
  const { reason, field } = error;
  const message = error.message.slice(0, MAX_STATE_LENGTH);
  return { kind, execution, reason, message, ...(field !== undefined && { field }) };
}
