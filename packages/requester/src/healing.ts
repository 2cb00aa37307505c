import {
  type Clock,
  type ExecutionState,
  isTerminal,
  type Logger,
  type MessageOf,
  messageOf,
  type Timer,
} from "@gadus/protocol";
import { loseExecution } from "./answers.ts";
import type { EndedExecutions } from "./ended-executions.ts";
import { findExecution } from "./find-execution.ts";
import { hasMissed } from "./letters.ts";
import type { LiveExecutions } from "./live-executions.ts";
import type { LiveJob } from "./live-job.ts";
import type { NodeTable } from "./node-table.ts";
import type { RequesterOptions } from "./options.ts";
import type { Outbox } from "./outbox.ts";

/** What both sides compare with. */
export interface HealingPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: Pick<RequesterOptions, "syncIntervalMs">;
  readonly nodes: NodeTable;
  readonly jobs: ReadonlyMap<string, LiveJob>;
  readonly executions: LiveExecutions;
  readonly ended: EndedExecutions;
  readonly outbox: Outbox;
}

/** Compares with nodes how far their executions are, and has what one side missed told again. */
export class Healing {
  readonly #ports: HealingPorts;
  #timer: Timer | undefined;

  constructor(ports: HealingPorts) {
    this.#ports = ports;
  }

  /** Compares with every node that is connected, now and then. */
  start(): void {
    const { clock, options } = this.#ports;
    this.#timer = clock.setTimer(options.syncIntervalMs, () => {
      this.compare();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Tells the nodes that are connected, or only `nodeId`, of each of their executions that isn't over. */
  compare(nodeId?: string): void {
    const { nodes, executions, outbox } = this.#ports;
    const views = nodeId === undefined ? nodes.views() : [];
    const connected = new Set(views.filter((node) => node.connected).map((node) => node.nodeId));
    for (const [to, message] of executions.syncs((id) => this.#stateOf(id), nodeId)) {
      if (nodeId !== undefined || connected.has(to)) outbox.send(to, message);
    }
  }

  /** Takes how far a node says that its executions are. */
  heal(from: string, theirs: MessageOf<"sync">["executions"]): void {
    const { executions, ended, outbox } = this.#ports;
    const over: string[] = [];
    const missed: MessageOf<"sync">["executions"] = [];
    for (const { id, state } of theirs) {
      const entry = executions.get(id);
      const ours = entry?.nodeId === from ? this.#stateOf(id) : undefined;
      if (entry === undefined || ours === undefined) {
        if (!isTerminal(state) || state === "published") over.push(id);
      } else if (hasMissed(state, ours)) this.#repeat(entry.jobId, id);
      else if (isTerminal(state)) missed.push({ id, state: ours });
    }
    ended.tell(from, over);
    if (missed.length > 0) outbox.send(from, { type: "sync", party: "requester", executions: missed });
  }

  /** Takes it that a node doesn't know these executions. */
  lost(from: string, executionIds: readonly string[]): void {
    const { executions, jobs } = this.#ports;
    for (const id of executionIds) {
      const entry = executions.get(id);
      if (entry?.nodeId !== from) continue;
      if (this.#stateOf(id) === "asked") this.#repeat(entry.jobId, id);
      else
        jobs
          .get(entry.jobId)
          ?.change((draft) => loseExecution(draft, id))
          .catch(() => {});
    }
  }

  #repeat(jobId: string, executionId: string): void {
    const { jobs, logger } = this.#ports;
    jobs
      .get(jobId)
      ?.repeat(executionId)
      .catch((error: unknown) => {
        logger.debug("Cannot repeat a message", { executionId, error: messageOf(error) });
      });
  }

  #stateOf(executionId: string): ExecutionState | undefined {
    const { executions, jobs } = this.#ports;
    const entry = executions.get(executionId);
    const view = entry && jobs.get(entry.jobId)?.view;
    return view && findExecution(view, executionId)?.state;
  }
}
