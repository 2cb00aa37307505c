import {
  type Clock,
  isTerminal,
  type Logger,
  type Message,
  type MessageOf,
  messageOf,
  type Metrics,
} from "@gadus/protocol";
import { timesOf } from "./job-times.ts";
import { cancel, type LetterPorts, TaskCache, writeLetter } from "./letters.ts";
import type { RequesterOptions } from "./options.ts";
import type { ExecutionRecord } from "./records.ts";
import type { RequesterStore } from "./store.ts";

/** What answers are given with. */
export interface EndedPorts extends LetterPorts {
  readonly store: Pick<RequesterStore, "commit" | "execution" | "job" | "version">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly options: RequesterOptions;
  send(to: string, message: Message): void;
}

/** Executions of one node that wait to be looked up; it tells again of those beyond. */
const MAX_WAITING = 4_000;
/** Executions that are looked up before other work has its turn. */
const LOOKUPS_A_TURN = 100;

/**
 * Tells nodes how executions ended that they speak of and that aren't live here, as the store has it.
 *
 * A publication that was taken is confirmed; of any other end the node is told, so that it releases or takes back what
 * it has. What the store doesn't know either is called lost, which decides nothing of a publication.
 */
export class EndedExecutions {
  readonly #ports: EndedPorts;
  /** By node, those that wait; a node has an entry while it is being answered. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #dropped: ReturnType<Metrics["counter"]>;
  #stopped = false;

  constructor(ports: EndedPorts) {
    this.#ports = ports;
    this.#dropped = ports.metrics.counter(
      "gadus_requester_unanswered_ends_total",
      "Executions that a node spoke of after their end, too many at a time to be answered at once.",
    );
  }

  /** Has `nodeId` told, soon, how each of these ended. */
  tell(nodeId: string, executionIds: readonly string[]): void {
    const waiting = this.#waiting.get(nodeId);
    const ids = waiting ?? new Set<string>();
    for (const [at, id] of executionIds.entries()) {
      if (ids.size >= MAX_WAITING) {
        this.#dropped.add(executionIds.length - at);
        break;
      }
      ids.add(id);
    }
    if (waiting !== undefined || ids.size === 0 || this.#stopped) return;
    this.#waiting.set(nodeId, ids);
    this.#answer(nodeId, ids).catch((error: unknown) => {
      this.#waiting.delete(nodeId);
      this.#ports.logger.warn("Cannot tell a node how executions ended: it will ask again", {
        nodeId,
        error: messageOf(error),
      });
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
  }

  async #answer(nodeId: string, ids: Set<string>): Promise<void> {
    while (ids.size > 0 && !this.#stopped) {
      const taken: MessageOf<"sync">["executions"] = [];
      for (const id of [...ids].slice(0, LOOKUPS_A_TURN)) {
        ids.delete(id);
        const execution = await this.#ports.store.execution(id);
        const own = execution?.nodeId === nodeId ? execution : undefined;
        if (own?.state === "published") taken.push({ id, state: "published" });
        else await this.#tellEnd(nodeId, id, own);
      }
      if (this.#stopped) return;
      if (taken.length > 0) await this.#confirm(nodeId, taken);
      await new Promise<void>((resolve) => {
        this.#ports.clock.setTimer(0, resolve);
      });
    }
    this.#waiting.delete(nodeId);
  }

  /** A node speaks no more of what was confirmed: a power loss must not take that back. */
  async #confirm(nodeId: string, executions: MessageOf<"sync">["executions"]): Promise<void> {
    await this.#ports.store.commit([], { durable: true });
    this.#ports.send(nodeId, { type: "sync", party: "requester", executions });
  }

  async #tellEnd(nodeId: string, id: string, execution: ExecutionRecord | undefined): Promise<void> {
    if (execution === undefined) {
      const reason = "This requester has no such execution that is not over";
      this.#ports.send(nodeId, cancel(id, "requester/lost-execution", reason));
    } else if (isTerminal(execution.state)) {
      const message = await this.#letterOf(execution);
      if (message !== undefined) this.#ports.send(nodeId, message);
    }
  }

  /** What it was told when the execution ended. */
  async #letterOf(execution: ExecutionRecord): Promise<Message | undefined> {
    const { id, jobId, jobVersion, state, failure } = execution;
    const ended = cancel(id, failure?.code ?? "requester/not-needed", failure?.message ?? "No longer needed");
    if (state !== "refuted") return ended;
    const { store } = this.#ports;
    const latest = (await store.job(jobId))?.job;
    const job = latest?.jobVersion === jobVersion ? latest : (await store.version(jobId, jobVersion))?.job;
    if (job?.task === undefined) return ended;
    const facts = { tasks: new TaskCache(job.task), times: timesOf(job.spec, this.#ports.options) };
    return writeLetter(execution, facts, this.#ports);
  }
}
