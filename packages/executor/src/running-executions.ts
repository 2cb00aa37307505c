import type { CallOptions } from "@gadus/protocol";
import { ExecutorError } from "./executor-error.ts";
import type { RunResult } from "./executor.ts";

interface Running {
  readonly result: Promise<RunResult>;
  readonly controller: AbortController;
}

/** What an executor runs now, once each by execution id. */
export class RunningExecutions {
  readonly #running = new Map<string, Running>();
  #started = false;

  start(): void {
    this.#started = true;
  }

  /** Ends what runs, with `executor/engine-down`; settles when nothing does. */
  async stop(): Promise<void> {
    this.#started = false;
    const ended = [...this.#running.values()];
    for (const { controller } of ended) controller.abort(engineDown("it was stopped"));
    await Promise.allSettled(ended.map(({ result }) => result));
  }

  /** Whether something runs under `executionId`. */
  has(executionId: string): boolean {
    return this.#running.has(executionId);
  }

  /**
   * What `begin` answers, or what runs under `executionId` already.
   *
   * Aborting any of the joined calls' signals ends the execution for all of them.
   */
  async run(
    executionId: string,
    { signal }: CallOptions,
    begin: (signal: AbortSignal) => Promise<RunResult>,
  ): Promise<RunResult> {
    signal?.throwIfAborted();
    if (!this.#started) throw engineDown("it is not started");
    const running = this.#running.get(executionId) ?? this.#begin(executionId, begin);
    const abort = (): void => running.controller.abort(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await running.result;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  #begin(executionId: string, begin: (signal: AbortSignal) => Promise<RunResult>): Running {
    const controller = new AbortController();
    const result = begin(controller.signal).finally(() => this.#running.delete(executionId));
    const running = { result, controller };
    this.#running.set(executionId, running);
    return running;
  }
}

function engineDown(state: string): ExecutorError {
  return new ExecutorError("executor/engine-down", `Cannot run on the engine: ${state}`);
}
