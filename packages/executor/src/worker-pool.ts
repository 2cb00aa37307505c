import { type CallOptions, type Logger, messageOf } from "@gadus/protocol";
import { abortable } from "./abortable.ts";
import { ExecutorError } from "./executor-error.ts";
import type { GuestOutcome, GuestTask } from "./guest-task.ts";
import { type AnswerInput, GuestWorker } from "./guest-worker.ts";

/** Options of {@link WorkerPool}. */
export interface WorkerPoolOptions {
  readonly workers: number;
  readonly maxRunsPerWorker: number;
  readonly maxWaiting: number;
  readonly logger: Logger;
}

interface Waiter {
  readonly resolve: (worker: GuestWorker) => void;
  readonly reject: (error: ExecutorError) => void;
}

/**
 * Worker threads that stand ready for guests.
 *
 * One is used again only after its guest came to an end by itself; after an abort or a failure of the host, and
 * after so many guests, it is ended and another takes its place.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #idle: GuestWorker[] = [];
  readonly #all = new Set<GuestWorker>();
  readonly #waiters = new Set<Waiter>();
  #started = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** @throws {ExecutorError} `executor/engine-down` where threads can't be started */
  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    const workers = Array.from({ length: this.#options.workers }, () => this.#spawn());
    await Promise.all(workers.map((worker) => worker.ready));
  }

  async stop(): Promise<void> {
    this.#started = false;
    for (const waiter of this.#waiters) waiter.reject(engineDown("it was stopped"));
    this.#waiters.clear();
    this.#idle.length = 0;
    await Promise.all([...this.#all].map((worker) => this.#end(worker)));
  }

  /**
   * Runs a guest on the next free worker.
   *
   * @throws {ExecutorError} `executor/engine-down`
   * @throws the signal's reason, once the guest runs no more
   */
  async run(task: GuestTask, answer: AnswerInput, options: CallOptions): Promise<GuestOutcome> {
    const worker = await this.#acquire(options);
    try {
      const outcome = await abortable(worker.run(task, answer), options);
      const worn = worker.runs >= this.#options.maxRunsPerWorker;
      if (outcome.kind === "broken" || worn) this.#replaceMeanwhile(worker);
      else this.#release(worker);
      return outcome;
    } catch (error) {
      await this.#replace(worker);
      throw error;
    }
  }

  async #acquire({ signal }: CallOptions): Promise<GuestWorker> {
    signal?.throwIfAborted();
    for (let free = this.#idle.pop(); free !== undefined; free = this.#idle.pop()) {
      if (free.alive) return free;
      this.#all.delete(free);
    }
    if (!this.#started) throw engineDown("it is not started");
    if (this.#waiters.size >= this.#options.maxWaiting) throw engineDown("too many executions wait for it");
    this.#fill();
    const { promise, resolve, reject } = Promise.withResolvers<GuestWorker>();
    const waiter = { resolve, reject };
    this.#waiters.add(waiter);
    const abort = (): void => {
      this.#waiters.delete(waiter);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  #release(worker: GuestWorker): void {
    if (!this.#started || !worker.alive) return;
    const [next] = this.#waiters;
    if (next === undefined) {
      this.#idle.push(worker);
      return;
    }
    this.#waiters.delete(next);
    next.resolve(worker);
  }

  async #replace(worker: GuestWorker): Promise<void> {
    const ended = this.#end(worker);
    this.#fill();
    await ended;
  }

  #replaceMeanwhile(worker: GuestWorker): void {
    this.#replace(worker).catch((error: unknown) => {
      this.#options.logger.error("Cannot end a wasm worker", { error: messageOf(error) });
    });
  }

  /** Starts workers until there are as many as there should be. */
  #fill(): void {
    while (this.#started && this.#all.size < this.#options.workers) this.#spawn();
  }

  #spawn(): GuestWorker {
    const worker = new GuestWorker();
    this.#all.add(worker);
    worker.ready.then(
      () => this.#release(worker),
      (error: unknown) => this.#lose(worker, error),
    );
    return worker;
  }

  #lose(worker: GuestWorker, error: unknown): void {
    this.#all.delete(worker);
    if (!this.#started) return;
    this.#options.logger.error("Cannot start a wasm worker", { error: messageOf(error) });
    const [next] = this.#waiters;
    if (next !== undefined) this.#waiters.delete(next);
    next?.reject(engineDown("a worker thread can't be started"));
    // Each failure ends one waiter, so this ends too.
    if (this.#waiters.size > 0) this.#fill();
  }

  async #end(worker: GuestWorker): Promise<void> {
    this.#all.delete(worker);
    await worker.end();
  }
}

function engineDown(state: string): ExecutorError {
  return new ExecutorError("executor/engine-down", `Cannot run on the wasm engine: ${state}`);
}
