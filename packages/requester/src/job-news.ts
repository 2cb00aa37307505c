import {
  type Clock,
  type JobEvent,
  type Logger,
  MAX_JOB_EVENTS,
  messageOf,
  type Timer,
} from "@gadus/protocol";
import type { Transport } from "@gadus/transport";
import type { JobEventRecord } from "./records.ts";
import type { StoredJob } from "./store.ts";

/** Gossip costs each node of the network a signature check a message, so that news go out together. */
const FLUSH_MS = 1_000;
/** News that wait to go out, at most; older ones give way, and a log line counts them. */
const MAX_WAITING = 2_000;

const TYPES: Readonly<Record<string, JobEvent["type"]>> = {
  "job/submitted": "announced",
  "partition/verdict": "results-accepted",
  "execution/refuted": "results-rejected",
};

/** Tells the network, off every job's path, what it may hear of jobs: never a result's hash. */
export class JobNews {
  readonly #ports: { readonly transport: Transport; readonly clock: Clock; readonly logger: Logger };
  #waiting: JobEvent[] = [];
  #dropped = 0;
  #timer: Timer | undefined;

  constructor(ports: { readonly transport: Transport; readonly clock: Clock; readonly logger: Logger }) {
    this.#ports = ports;
  }

  /** Takes what of `events` everyone may hear. */
  tell(view: StoredJob, events: readonly JobEventRecord[]): void {
    for (const { topic, jobId, atMs } of events) {
      const type = TYPES[topic];
      if (type !== undefined)
        this.#waiting.push({ type, jobId, engine: view.job.spec.task.engine.type, atMs });
    }
    const tooMany = this.#waiting.length - MAX_WAITING;
    if (tooMany > 0) this.#dropped += this.#waiting.splice(0, tooMany).length;
    if (this.#waiting.length > 0) this.#timer ??= this.#ports.clock.setTimer(FLUSH_MS, () => this.#flush());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waiting = [];
  }

  #flush(): void {
    this.#timer = undefined;
    const { transport, logger } = this.#ports;
    if (this.#dropped > 0)
      logger.warn("More job news than the network can be told", { dropped: this.#dropped });
    this.#dropped = 0;
    while (this.#waiting.length > 0) {
      transport.publishJobEvents(this.#waiting.splice(0, MAX_JOB_EVENTS)).catch((error: unknown) => {
        logger.debug("Cannot tell the network of jobs", { error: messageOf(error) });
      });
    }
  }
}
