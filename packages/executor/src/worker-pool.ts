import { abortable } from "./abortable.ts";
import { GuestWorker } from "./guest-worker.ts";
import { stateOf, TaskError } from "./task-error.ts";

/** Options of {@link WorkerPool}. */
export interface WorkerPoolOptions {
  /** Executions that run at once. */
  readonly workers: number;
  readonly maxRunsPerWorker: number;
  readonly maxHeapMib: number;
  readonly maxWaiting: number;
}

interface Waiter {
  readonly resolve: (worker: GuestWorker) => void;
  readonly reject: (error: TaskError) => void;
}

/**
 * Worker threads that stand ready for guests.
 *
 * One is used again only after its guest came to an end by itself; after an abort or a failure of the host, and
 * after so many guests, it is ended and another takes its place. Where each is used once, one more than may run is
 * kept ready.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #idle: GuestWorker[] = [];
  readonly #all = new Set<GuestWorker>();
  readonly #waiters = new Set<Waiter>();
  #busy = 0;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /**
   * Starts all workers, and settles once one of them is ready.
   *
   * @throws where threads can't be started
   */
  async start(): Promise<void> {
    this.#fill();
    await Promise.any([...this.#all].map((worker) => worker.ready));
  }

  /**
   * Has `act` use the next free worker, alone.
   *
   * @throws {TaskError} `engine-down`
   * @throws the signal's reason, once the worker does nothing more for `act`
   */
  async use<T>(act: (worker: GuestWorker) => Promise<T>, signal: AbortSignal): Promise<T> {
    const worker = await this.#acquire(signal);
    worker.use();
    try {
      return await abortable(act(worker), { signal });
    } finally {
      await this.#release(worker);
    }
  }

  async #acquire(signal: AbortSignal): Promise<GuestWorker> {
    signal.throwIfAborted();
    if (this.#waiters.size >= this.#options.maxWaiting) throw engineDown("too many executions wait for it");
    const { promise, resolve, reject } = Promise.withResolvers<GuestWorker>();
    const waiter = { resolve, reject };
    this.#waiters.add(waiter);
    const abort = (): void => {
      if (this.#waiters.delete(waiter)) reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#serve();
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Gives free workers to those who wait longest, and has others started. */
  #serve(): void {
    for (const waiter of this.#waiters) {
      const worker = this.#busy < this.#options.workers ? this.#takeIdle() : undefined;
      if (worker === undefined) break;
      this.#waiters.delete(waiter);
      this.#busy += 1;
      waiter.resolve(worker);
    }
    this.#fill();
  }

  #takeIdle(): GuestWorker | undefined {
    for (let worker = this.#idle.pop(); worker !== undefined; worker = this.#idle.pop()) {
      if (worker.free) return worker;
      this.#all.delete(worker);
    }
    return undefined;
  }

  async #release(worker: GuestWorker): Promise<void> {
    this.#busy -= 1;
    if (worker.free && worker.uses < this.#options.maxRunsPerWorker) {
      this.#idle.push(worker);
      this.#serve();
      return;
    }
    this.#all.delete(worker);
    const { busy } = worker;
    const ended = worker.end();
    this.#serve();
    if (busy) await ended;
  }

  /** Starts workers until there are as many as there should be. */
  #fill(): void {
    const spare = this.#options.maxRunsPerWorker === 1 ? 1 : 0;
    while (this.#all.size < this.#options.workers + spare) this.#spawn();
  }

  #spawn(): void {
    const worker = new GuestWorker(this.#options.maxHeapMib);
    this.#all.add(worker);
    worker.ready.then(
      () => {
        this.#idle.push(worker);
        this.#serve();
      },
      (error: unknown) => this.#lose(worker, error),
    );
  }

  #lose(worker: GuestWorker, error: unknown): void {
    this.#all.delete(worker);
    const [next] = this.#waiters;
    if (next !== undefined) this.#waiters.delete(next);
    next?.reject(engineDown(`a worker thread can't be started: ${stateOf(error)}`));
    // Each failure ends one waiter, so this ends too.
    if (this.#waiters.size > 0) this.#fill();
  }
}

function engineDown(state: string): TaskError {
  return new TaskError("engine-down", `Cannot run on the wasm engine: ${state}`);
}
