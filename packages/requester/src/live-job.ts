import {
  type Clock,
  type CommitOptions,
  type Logger,
  type Message,
  type MessageOf,
  messageOf,
  type Timer,
} from "@gadus/protocol";
import type { Publisher } from "@gadus/publisher";
import { type Answer, takeAnswer } from "./answers.ts";
import { applyEffect, type EffectContext, type EffectPorts, failureOf, partitionOf } from "./effects.ts";
import { checkPublication, noteCheck } from "./check-publication.ts";
import { JobDraft } from "./job-draft.ts";
import { type LetterPorts, TaskCache, writeLetter } from "./letters.ts";
import { type JobTimes, timesOf } from "./job-times.ts";
import type { NetworkView } from "./network-view.ts";
import { nextWakeMs, reconcile } from "./reconcile.ts";
import { findExecution } from "./find-execution.ts";
import { observationsOf, type ObservationWrite } from "./observations.ts";
import { isPromised } from "./is-promised.ts";
import type { JobEventRecord } from "./records.ts";
import type { TaskResolver } from "./resolve-task.ts";
import type { RequesterStore, RequesterWrite, StoredJob } from "./store.ts";

/** What a live job acts through; one set serves all jobs. */
export interface LiveJobPorts extends EffectPorts, LetterPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: RequesterStore;
  readonly publishers: ReadonlyMap<string, Publisher>;
  readonly resolver: TaskResolver;
  network(): NetworkView;
  send(to: string, message: Message): Promise<void>;
  /** A node let an ask pass, or answered one. */
  answered(nodeId: string, inTime: boolean): void;
  /** What happened to the job is durable. */
  happened(view: StoredJob, events: readonly JobEventRecord[]): void;
  /** What was seen of nodes is stored. */
  learned(writes: readonly ObservationWrite[]): void;
}

type Change = (draft: JobDraft) => Promise<void> | void;

/** Rounds of deciding and acting in one step. */
const MAX_ROUNDS = 64;
/** A step that failed is tried again after this long. */
const RETRY_MS = 1_000;

/**
 * One job that isn't closed, and its one custodian: everything that happens to it goes through one queue.
 *
 * What waits in the queue together becomes one step: the changes, then {@link reconcile} until nothing is left to
 * do, then one commit, and only after it the messages.
 */
export class LiveJob {
  readonly #ports: LiveJobPorts;
  #view: StoredJob;
  #tasks: TaskCache | undefined;
  #changes: Change[] = [];
  #draft: JobDraft | undefined;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  #stopped = false;
  readonly #abort = new AbortController();
  readonly #judged = new Set<string>();
  readonly #underWay = new Set<string>();
  /** Takes back what a step noted outside its draft, where the draft can't be stored. */
  #undo: (() => void)[] = [];
  readonly #blocks = new Map<string, MessageOf<"publish">["blocks"]>();

  constructor(view: StoredJob, ports: LiveJobPorts, draft?: JobDraft) {
    this.#view = view;
    this.#ports = ports;
    this.#draft = draft;
  }

  /** The job as it is stored. */
  get view(): StoredJob {
    return this.#view;
  }

  /** Has `change` made, and settles once it and all that it led to is durable. */
  change(change: Change = () => {}): Promise<void> {
    this.#changes.push(change);
    this.#running ??= this.#drain();
    return this.#running;
  }

  /** Takes what the node `from` says about an execution of this job. */
  answer(from: string, answer: Answer): Promise<void> {
    return this.change(async (draft) => {
      const execution = draft.execution(answer.executionId);
      if (execution === undefined || execution.nodeId !== from) return;
      if (execution.state === "asked") this.#ports.answered(from, true);
      const { verifiers, options, identity } = this.#ports;
      await takeAnswer(execution, answer, {
        draft,
        tasks: this.#tasksOf(draft),
        verifiers,
        options,
        requester: identity.nodeId,
        keepBlocks: (id, blocks) => this.#blocks.set(id, blocks),
      });
    });
  }

  /** Tells the node of an execution of the last thing that was done to it. */
  async repeat(executionId: string): Promise<void> {
    const execution = findExecution(this.#view, executionId);
    const tasks = this.#tasksOf(undefined);
    if (execution === undefined || tasks === undefined || this.#stopped) return;
    const message = await writeLetter(execution, { tasks, times: this.#times() }, this.#ports);
    if (message !== undefined) await this.#ports.send(execution.nodeId, message);
  }

  /** Ends all that is under way; settles once nothing is written any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#abort.abort(new Error("The requester stops"));
    await this.#running?.catch(() => {});
  }

  async #drain(): Promise<void> {
    // One turn for what arrives together to become one step.
    await Promise.resolve();
    try {
      while (this.#changes.length > 0 && !this.#stopped) await this.#step(this.#changes.splice(0));
    } catch (error) {
      // Whatever it was: a stored job without a timer would be lost.
      if (this.#view.job.revision > 0) this.#pokeIn(RETRY_MS);
      throw error;
    } finally {
      this.#running = undefined;
    }
  }

  async #step(changes: readonly Change[]): Promise<void> {
    const draft = this.#draft ?? new JobDraft(this.#view, this.#ports.clock.nowMs());
    this.#draft = undefined;
    for (const change of changes) await change(draft);
    await this.#reconcile(draft);
    const { view, writes, events } = draft.finish();
    const learned = observationsOf(this.#view, writes, { ...this.#ports.options, nowMs: draft.nowMs });
    const seqs = await this.#commit([...writes, ...learned], changes, { durable: isPromised(draft) });
    this.#ports.learned(learned);
    this.#undo = [];
    this.#view = view;
    let at = 0;
    this.#ports.happened(
      view,
      events.map((event) => ({ ...event, seq: seqs[at++] ?? 0 })),
    );
    for (const executionId of draft.told) this.#send(executionId);
    for (const task of draft.tasks) task();
    this.#setTimer(draft.nowMs);
  }

  async #commit(writes: readonly RequesterWrite[], changes: readonly Change[], options: CommitOptions) {
    if (writes.length === 0) return [];
    try {
      return await this.#ports.store.commit(writes, options);
    } catch (error) {
      const { jobId } = this.#view.job;
      this.#ports.logger.error("Cannot store a step of a job: it is tried again", {
        jobId,
        error: messageOf(error),
      });
      for (const undo of this.#undo.splice(0)) undo();
      if (this.#view.job.revision > 0) this.#changes.unshift(...changes);
      throw error;
    }
  }

  /** Looks at the job again, though nothing was said of it. */
  poke(): void {
    if (this.#stopped) return;
    this.change().catch(() => {});
  }

  async #reconcile(draft: JobDraft): Promise<void> {
    const context = this.#context(draft);
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const before = draft.view.executions;
      let changed = false;
      const decided = new Set<number>();
      for (const effect of reconcile(draft.view, this.#ports.network(), draft.nowMs)) {
        const partition = partitionOf(effect, draft);
        if (partition !== undefined && decided.has(partition)) continue;
        const done = await applyEffect(effect, context, this.#ports);
        changed ||= done;
        if (!done || effect.kind === "move" || effect.kind === "ask") continue;
        // What else was to be done for the partition was decided before this.
        if (partition === undefined || draft.job.failure !== undefined) break;
        decided.add(partition);
      }
      this.#noteSilence(before, draft);
      if (!changed) return;
    }
    // Many partitions' ends may have met: the rest is another step.
    draft.tasks.push(() => this.poke());
  }

  #noteSilence(before: StoredJob["executions"], draft: JobDraft): void {
    for (const { id, nodeId, state } of before) {
      if (state === "asked" && draft.execution(id)?.failure?.code === "requester/no-answer") {
        this.#ports.answered(nodeId, false);
      }
    }
  }

  #context(draft: JobDraft): EffectContext {
    return {
      draft,
      begin: (key, kind, executionId) => {
        if (this.#underWay.has(key)) return;
        this.#note(this.#underWay, key);
        draft.tasks.push(() => {
          const work = kind === "resolve" ? this.#resolve() : this.#check(executionId ?? "");
          work.catch(() => {}).finally(() => this.#underWay.delete(key));
        });
      },
      wasJudged: (key) => {
        if (this.#judged.has(key)) return true;
        this.#note(this.#judged, key);
        return false;
      },
    };
  }

  #note(keys: Set<string>, key: string): void {
    keys.add(key);
    this.#undo.push(() => keys.delete(key));
  }

  #send(executionId: string): void {
    this.repeat(executionId).catch((error: unknown) => {
      this.#ports.logger.debug("Cannot reach a node", { executionId, error: messageOf(error) });
      this.#unreachable(executionId, error);
    });
  }

  #unreachable(executionId: string, error: unknown): void {
    const change: Change = (draft) => {
      const execution = draft.execution(executionId);
      if (execution?.state !== "asked") return;
      this.#ports.answered(execution.nodeId, false);
      draft.changeExecution(executionId, {
        state: "failed",
        failure: failureOf(error, "requester/no-answer"),
      });
      draft.noteState(execution, "failed", messageOf(error));
    };
    if (!this.#stopped) this.change(change).catch(() => {});
  }

  async #resolve(): Promise<void> {
    const { job } = this.#view;
    const change = await this.#ports.resolver.resolve(job.jobId, job.spec, this.#abort.signal).then(
      (task): Change =>
        (draft) => {
          if (draft.job.task === undefined) draft.changeJob({ task });
        },
      (error: unknown): Change => {
        const { message, ...failure } = failureOf(error, "requester/not-runnable");
        return (draft) => {
          if (draft.job.desired === "stop") return;
          draft.changeJob({ failure: { ...failure, message: `Cannot start the job: ${message}` } });
        };
      },
    );
    if (!this.#stopped) await this.change(change);
  }

  async #check(executionId: string): Promise<void> {
    const execution = findExecution(this.#view, executionId);
    const publisher = this.#ports.publishers.get(this.#view.job.spec.task.publisher.type);
    if (execution === undefined || publisher === undefined) return;
    const blocks = this.#blocks.get(executionId) ?? [];
    const { clock } = this.#ports;
    const limits = { clock, withinMs: this.#times().publishMs, signal: this.#abort.signal };
    const failure = await checkPublication(publisher, execution, blocks, limits);
    if (this.#stopped) return;
    this.#blocks.delete(executionId);
    await this.change((draft) => noteCheck(draft, execution, failure));
  }

  #tasksOf(draft: JobDraft | undefined): TaskCache | undefined {
    const task = (draft?.view ?? this.#view).job.task;
    if (this.#tasks === undefined && task !== undefined) this.#tasks = new TaskCache(task);
    return this.#tasks;
  }

  #times(): JobTimes {
    return timesOf(this.#view.job.spec, this.#ports.options);
  }

  #setTimer(decidedAtMs: number): void {
    this.#timer?.cancel();
    const wakeMs = nextWakeMs(this.#view, this.#ports.network(), decidedAtMs);
    if (wakeMs === undefined || this.#stopped) return;
    this.#pokeIn(Math.min(Math.max(0, wakeMs - this.#ports.clock.nowMs()), MAX_TIMER_MS));
  }

  #pokeIn(delayMs: number): void {
    this.#timer?.cancel();
    if (!this.#stopped) this.#timer = this.#ports.clock.setTimer(delayMs, () => this.poke());
  }
}

/** The longest that Node's timers count; a later one is set again when it rings. */
const MAX_TIMER_MS = 2_147_483_647;
