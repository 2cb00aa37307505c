import { type Logger, messageOf } from "@gadus/protocol";
import { abortable } from "./abortable.ts";
import type { Confinement } from "./confine-process.ts";
import { ExecutorError } from "./executor-error.ts";
import type { ProcessSettings } from "./executor-messages.ts";
import { ExecutorProcess, type ProcessPatience } from "./executor-process.ts";
import { launchExecutor, type LaunchOptions } from "./launch-executor.ts";

/** Options of {@link ProcessPool}. */
export interface ProcessPoolOptions extends LaunchOptions {
  /** How many there are. */
  readonly processes: number;
  /** What each is to be. */
  readonly settings: ProcessSettings;
  /**
   * Whether they are kept from the machine's files and network by the system: `auto` where it can, and where it can't
   * they run all the same.
   */
  readonly confine: "auto" | "always" | "never";
  readonly patience: ProcessPatience;
  /** The pause before one that ended again before it had run anything is started; it doubles with each. */
  readonly restartPauseMs: number;
  readonly maxRestartPauseMs: number;
  readonly logger: Logger;
}

/** One place for a process, and what is in it. */
interface Slot {
  process: ExecutorProcess;
  /** How often in a row one ended without having run anything. */
  failures: number;
  pause: NodeJS.Timeout | undefined;
}

/** Executor processes that are kept up: one that ends is started again. */
export class ProcessPool {
  readonly #options: ProcessPoolOptions;
  #slots: Slot[] = [];
  #started = false;
  #confinement: Confinement;

  constructor(options: ProcessPoolOptions) {
    this.#options = options;
    this.#confinement = options.confine === "never" ? "limited" : "confined";
  }

  /** Whether one of them takes executions now. */
  get up(): boolean {
    return this.#slots.some(({ process }) => process.up);
  }

  /** @throws {ExecutorError} `executor/engine-down` where one can't be started */
  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    try {
      await this.#startFirst();
      this.#checkStarted();
      const others = Array.from({ length: this.#options.processes - 1 }, () => this.#addSlot());
      await Promise.all(others.map(({ process }) => process.ready));
      this.#checkStarted();
      for (const slot of this.#slots) this.#keepUp(slot);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#started = false;
    const slots = this.#slots;
    this.#slots = [];
    for (const { process, pause } of slots) {
      clearTimeout(pause);
      process.kill("it was stopped");
    }
    await Promise.all(slots.map(({ process }) => process.gone));
  }

  /**
   * The process that has least to do; one that is just being started is waited for.
   *
   * @throws {ExecutorError} `executor/engine-down` where there is none
   * @throws the signal's reason
   */
  async choose(signal: AbortSignal): Promise<ExecutorProcess> {
    const up = this.#slots.map(({ process }) => process).filter((process) => process.up);
    const [least] = up.sort((a, b) => a.load - b.load);
    if (least !== undefined) return least;
    if (!this.#started) throw engineDown("it is not started");
    const starting = this.#slots.filter(({ pause }) => pause === undefined).map(({ process }) => process);
    try {
      return await abortable(
        Promise.any(
          starting.map(async (process) => {
            await process.ready;
            return process;
          }),
        ),
        { signal },
      );
    } catch {
      signal.throwIfAborted();
      throw engineDown("its process does not start");
    }
  }

  /** What a process ran to an end shows that it works. */
  ran(process: ExecutorProcess): void {
    const slot = this.#slots.find((candidate) => candidate.process === process);
    if (slot !== undefined) slot.failures = 0;
  }

  /** The first shows whether they can be confined here. */
  async #startFirst(): Promise<void> {
    const { confine, logger } = this.#options;
    const slot = this.#addSlot();
    try {
      await slot.process.ready;
    } catch (error) {
      if (!this.#started || confine !== "auto") throw error;
      logger.warn("executor processes can't be confined here", { state: await slot.process.gone });
      this.#checkStarted();
      this.#confinement = "limited";
      slot.process = this.#launch();
      await slot.process.ready;
    }
  }

  /** Who stops it while it is being started has ended all that was there, and nothing may come after that. */
  #checkStarted(): void {
    if (!this.#started) throw engineDown("it was stopped");
  }

  #addSlot(): Slot {
    const slot: Slot = { process: this.#launch(), failures: 0, pause: undefined };
    this.#slots.push(slot);
    return slot;
  }

  #launch(): ExecutorProcess {
    const { settings, patience } = this.#options;
    try {
      return new ExecutorProcess(launchExecutor(this.#options, this.#confinement), settings, patience);
    } catch (error) {
      throw engineDown(`its process can't be started: ${messageOf(error)}`);
    }
  }

  #keepUp(slot: Slot): void {
    const { process } = slot;
    process.gone
      .then((state) => {
        if (!this.#started) return;
        this.#options.logger.error("an executor process ended", { pid: process.pid, state });
        this.#restart(slot);
      })
      .catch((error: unknown) => {
        this.#options.logger.error("an executor process was not started again", { error: messageOf(error) });
      });
  }

  /** The first time at once; what keeps it from starting may need time to pass. */
  #restart(slot: Slot): void {
    const { restartPauseMs, maxRestartPauseMs } = this.#options;
    const again = (): void => {
      slot.pause = undefined;
      try {
        slot.process = this.#launch();
      } catch (error) {
        this.#options.logger.error("an executor process can't be started again", { error: messageOf(error) });
        this.#restart(slot);
        return;
      }
      this.#keepUp(slot);
    };
    slot.failures += 1;
    if (slot.failures === 1) {
      again();
      return;
    }
    const pauseMs = Math.min(restartPauseMs * 2 ** (slot.failures - 2), maxRestartPauseMs);
    slot.pause = setTimeout(again, pauseMs);
    slot.pause.unref();
  }
}

function engineDown(state: string): ExecutorError {
  return new ExecutorError("executor/engine-down", `Cannot run on the wasm engine: ${state}`);
}
