import { ExecutorError } from "./executor-error.ts";
import type { ExecutionEnd, ProcessSettings, ProcessTask } from "./executor-messages.ts";
import { FrameReader, writeFrame } from "./frames.ts";
import { type ExecutionHandlers, HostedExecution, type SendToExecutor } from "./hosted-execution.ts";
import type { LaunchedProcess } from "./launch-executor.ts";
import { EXECUTOR_FRAME_LIMITS, ProtocolError, readExecutorMessage } from "./read-executor-message.ts";
import { stateOf } from "./task-error.ts";

/** How long things may take in an executor process. */
export interface ProcessPatience {
  /** Until it is ready for executions. */
  readonly startWithinMs: number;
  /** How often one that runs something is asked whether it is there. */
  readonly pingEveryMs: number;
  /** As many of these it may leave unanswered. */
  readonly maxMissedPings: number;
  /** Until an aborted guest has ended. */
  readonly endWithinMs: number;
}

/** Characters of what it printed last that are told when it is gone. */
const MAX_LAST_WORDS = 2048;
/** What is kept for it until it reads: it is asked for piece by piece. */
const MAX_UNREAD_BYTES = 256 * 1024 * 1024;
/** How long after its end they may still come. */
const LAST_WORDS_WITHIN_MS = 100;

/**
 * One executor process, from its start to its end, which it comes to by itself, by what it says that it may not, or
 * by taking too long.
 */
export class ExecutorProcess {
  /** Settles once it takes executions; rejects where it ends before. */
  readonly ready: Promise<void>;
  /** Settles once it is gone, to why. */
  readonly gone: Promise<string>;
  readonly pid: number | undefined;
  readonly #launched: LaunchedProcess;
  readonly #patience: ProcessPatience;
  readonly #hosted = new Map<number, HostedExecution>();
  readonly #ready = Promise.withResolvers<void>();
  #state: "starting" | "up" | "ending" | "gone" = "starting";
  #killedFor: string | undefined;
  #lastWords = "";
  #executions = 0;
  #unansweredPings = 0;
  #timer: NodeJS.Timeout;

  constructor(launched: LaunchedProcess, settings: ProcessSettings, patience: ProcessPatience) {
    this.#launched = launched;
    this.#patience = patience;
    this.pid = launched.child.pid;
    this.ready = this.#ready.promise;
    this.ready.catch(() => {});
    this.gone = this.#watch();
    const { startWithinMs } = patience;
    this.#timer = afterReading(() => {
      if (this.#state === "starting") this.kill(`it was not ready within ${startWithinMs} ms`);
    }, startWithinMs);
    this.#send({ kind: "start", settings });
  }

  /** Whether it takes executions now. */
  get up(): boolean {
    return this.#state === "up";
  }

  /** How many executions it has. */
  get load(): number {
    return this.#hosted.size;
  }

  /**
   * Has it run `task`, and tells how that ended, with all results written.
   *
   * @throws {ExecutorError} `executor/engine-down` when the process ends meanwhile
   * @throws the signal's reason, once nothing of it runs any more, and what writing results threw
   */
  async run(task: ProcessTask, handlers: ExecutionHandlers, signal: AbortSignal): Promise<ExecutionEnd> {
    signal.throwIfAborted();
    if (!this.up) throw engineDown("its process is gone");
    this.#executions += 1;
    const execution = this.#executions;
    const hosted = new HostedExecution(execution, handlers, (...frame) => this.#send(...frame));
    this.#hosted.set(execution, hosted);
    let timer: NodeJS.Timeout | undefined;
    const abort = (): void => {
      this.#send({ kind: "abort", execution });
      const { endWithinMs } = this.#patience;
      timer = afterReading(() => {
        if (!this.#hosted.has(execution)) return;
        this.kill(`an aborted guest was not gone within ${endWithinMs} ms`);
      }, endWithinMs);
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#send({ kind: "run", execution, task });
    try {
      const end = await hosted.ended;
      signal.throwIfAborted();
      return end;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
      clearTimeout(timer);
    }
  }

  /** Ends it at once, and all that it runs; `state` says why, where its end doesn't. */
  kill(state?: string): void {
    if (this.#state === "gone") return;
    this.#state = "ending";
    this.#killedFor ??= state;
    this.#launched.child.kill("SIGKILL");
  }

  #watch(): Promise<string> {
    const { child, channel } = this.#launched;
    const frames = new FrameReader(EXECUTOR_FRAME_LIMITS, {
      receive: (header, body) => this.#receive(header, body),
    });
    channel.on("data", (bytes: Uint8Array) => {
      if (this.#state !== "starting" && this.#state !== "up") return;
      try {
        frames.push(bytes);
      } catch (error) {
        this.kill(`it said what it may not: ${stateOf(error)}`);
      }
    });
    // What is lost with the channel is told by the process's end.
    channel.on("error", () => {});
    channel.on("close", () => this.kill());
    child.stderr?.setEncoding("utf8");
    child.stderr?.on("data", (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-MAX_LAST_WORDS);
    });
    return new Promise((resolve) => {
      child.on("error", (error) => resolve(this.#end(stateOf(error))));
      child.on("exit", (code, signal) => {
        const end = (): void => resolve(this.#end(`it ended (${signal ?? `exit code ${code}`})`));
        const timer = setTimeout(end, LAST_WORDS_WITHIN_MS);
        child.stderr?.on("close", () => {
          clearTimeout(timer);
          end();
        });
      });
    });
  }

  #receive(header: unknown, body: Uint8Array): void {
    const message = readExecutorMessage(header, body.length);
    if (message.kind === "pong") {
      this.#unansweredPings -= 1;
      if (this.#unansweredPings < 0) throw new ProtocolError("it answers what it was not asked");
    } else if (message.kind === "ready") {
      if (this.#state !== "starting") throw new ProtocolError("it is ready twice");
      this.#state = "up";
      clearTimeout(this.#timer);
      this.#timer = setInterval(() => this.#ping(), this.#patience.pingEveryMs);
      this.#timer.unref();
      this.#ready.resolve();
    } else {
      const hosted = this.#hosted.get(message.execution);
      if (hosted === undefined) throw new ProtocolError(`there is no execution ${message.execution}`);
      if (hosted.receive(message, body)) this.#hosted.delete(message.execution);
    }
  }

  /** Intervals are counted rather than time, which also passes while the machine sleeps. */
  #ping(): void {
    if (this.#hosted.size === 0) return;
    const { maxMissedPings, pingEveryMs } = this.#patience;
    if (this.#unansweredPings >= maxMissedPings) {
      this.kill(`it gave no sign for ${maxMissedPings * pingEveryMs} ms`);
    }
    this.#unansweredPings += 1;
    this.#send({ kind: "ping" });
  }

  #send(...[message, body, written]: Parameters<SendToExecutor>): void {
    const { channel } = this.#launched;
    if (!channel.writable) return;
    writeFrame(channel, message, body, written);
    if (channel.writableLength > MAX_UNREAD_BYTES) this.kill("it does not read what it asks for");
  }

  #end(how: string): string {
    const state = this.#killedFor ?? how;
    const told = this.#lastWords.trim() === "" ? state : `${state}: ${this.#lastWords.trim()}`;
    this.#state = "gone";
    clearTimeout(this.#timer);
    clearInterval(this.#timer);
    this.#launched.channel.destroy();
    this.#ready.reject(engineDown(`its process did not start: ${told}`));
    for (const hosted of this.#hosted.values()) hosted.lose(engineDown(`its process is gone: ${state}`));
    this.#hosted.clear();
    return told;
  }
}

/** Calls `act` after `delayMs`, and after what came meanwhile was read: this thread may have been busy for as long. */
function afterReading(act: () => void, delayMs: number): NodeJS.Timeout {
  return setTimeout(() => setImmediate(act), delayMs);
}

function engineDown(state: string): ExecutorError {
  return new ExecutorError("executor/engine-down", `Cannot run on the wasm engine: ${state}`);
}
