import {
  type Clock,
  type Logger,
  type Message,
  type MessageOf,
  messageOf,
  type Timer,
} from "@gadus/protocol";
import type { Publisher } from "@gadus/publisher";
import { type Answer, noteUnreachable, takeAnswer } from "./answers.ts";
import type { EffectContext } from "./effects.ts";
import { carryOut, type CarryOutPorts } from "./carry-out.ts";
import { checkPublication, noteCheck } from "./check-publication.ts";
import { type FinishedDraft, JobDraft } from "./job-draft.ts";
import { type LetterPorts, TaskCache, writeLetter } from "./letters.ts";
import { JobRest } from "./job-rest.ts";
import { type JobTimes, timesOf } from "./job-times.ts";
import { nextWakeMs, type Plan } from "./reconcile.ts";
import { findExecution } from "./find-execution.ts";
import { observationsOf, type ObservationWrite } from "./observations.ts";
import { isPromised } from "./is-promised.ts";
import { ProgressNotes } from "./progress-notes.ts";
import type { ExecutionRecord, JobEventRecord } from "./records.ts";
import { RequesterError } from "./requester-error.ts";
import { StepNotes } from "./step-notes.ts";
import { resolveJob } from "./resolve-job.ts";
import type { TaskResolver } from "./resolve-task.ts";
import type { RequesterStore, RequesterWrite, StoredJob } from "./store.ts";

/** What a live job acts through; one set serves all jobs. */
export interface LiveJobPorts extends CarryOutPorts, LetterPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: RequesterStore;
  readonly publishers: ReadonlyMap<string, Publisher>;
  readonly resolver: TaskResolver;
  send(to: string, message: Message): Promise<void>;
  /** A node was asked for a place, or gets one back. */
  took(nodeId: string, places: 1 | -1): void;
  /** What happened to the job is durable. */
  happened(view: StoredJob, events: readonly JobEventRecord[], former: readonly ExecutionRecord[]): void;
  /** What was seen of nodes is stored. */
  learned(writes: readonly ObservationWrite[]): void;
}

type Change = (draft: JobDraft, context: EffectContext) => Promise<void> | void;

/** A step that failed is tried again after this long. */
const RETRY_MS = 1_000;

/**
 * One job that isn't closed, and its one custodian: everything that happens to it goes through one queue.
 *
 * What waits in the queue together becomes one step: the changes, then {@link carryOut} until nothing is left to do,
 * then one commit, and only after it the messages. A step that fails is done again, with all that it was about.
 */
export class LiveJob {
  readonly #ports: LiveJobPorts;
  #view: StoredJob;
  #tasks: TaskCache | undefined;
  /** By what they are about: what is told twice before its turn counts once, so that no more than that waits. */
  #changes = new Map<string, Change>();
  #changesSoFar = 0;
  #draft: JobDraft | undefined;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  #stopped = false;
  readonly #abort = new AbortController();
  readonly #over = new AbortController();
  readonly #notes = new StepNotes();
  readonly #progress = new ProgressNotes();
  readonly #rest: JobRest;
  readonly #blocks = new Map<string, MessageOf<"publish">["blocks"]>();

  constructor(view: StoredJob, ports: LiveJobPorts, draft?: JobDraft) {
    this.#view = view;
    this.#ports = ports;
    this.#draft = draft;
    this.#rest = new JobRest(ports.clock);
  }

  /** The job as it is stored. */
  get view(): StoredJob {
    return this.#view;
  }

  /** Changes that wait for their turn. */
  get waiting(): number {
    return this.#changes.size;
  }

  /**
   * Has `change` made, and settles once it and all that it led to is durable.
   *
   * @throws {RequesterError} `requester/stopped`, and then it isn't made
   */
  change(change: Change = () => {}): Promise<void> {
    this.#changesSoFar += 1;
    return this.#queue(`change ${this.#changesSoFar}`, change);
  }

  /** Takes what the node `from` says about an execution of this job. */
  answer(from: string, answer: Answer): Promise<void> {
    if (this.#progress.drops(answer)) return Promise.resolve();
    return this.#queue(`${answer.type} ${answer.executionId}`, async (draft) => {
      const execution = draft.execution(answer.executionId);
      if (execution === undefined || execution.nodeId !== from) return;
      if (execution.state === "asked" && answer.type !== "progress") this.#ports.answered(from, true);
      await takeAnswer(execution, answer, {
        ...this.#ports,
        draft,
        tasks: this.#tasksOf(draft),
        requester: this.#ports.identity.nodeId,
        progress: this.#progress,
        keepBlocks: (id, blocks) => this.#blocks.set(id, blocks),
      });
    });
  }

  /** Looks at the job again, though nothing was said of it. */
  poke(): void {
    if (!this.#stopped) this.#queue("poke", () => {}).catch(() => {});
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
    this.#rest.end();
    await this.#running?.catch(() => {});
  }

  #queue(about: string, change: Change): Promise<void> {
    this.#changes.set(about, change);
    this.#running ??= this.#drain();
    return this.#running;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#changes.size > 0) {
        // One turn at least for what arrives together to become one step.
        await this.#rest.over;
        if (this.#stopped) throw stoppedBefore(this.#view);
        const changes = this.#changes;
        this.#changes = new Map();
        await this.#step(changes).finally(() => this.#rest.begin(this.#view.executions.length));
      }
    } catch (error) {
      // Whatever it was: a stored job without a timer would be lost.
      if (this.#view.job.revision > 0) this.#pokeIn(RETRY_MS);
      throw error;
    } finally {
      this.#running = undefined;
    }
  }

  async #step(changes: ReadonlyMap<string, Change>): Promise<void> {
    const seen = this.#ports.network().changes;
    const draft = this.#draft ?? new JobDraft(this.#view, this.#ports.clock.nowMs());
    this.#draft = undefined;
    let plan: Plan | undefined;
    let finished: FinishedDraft;
    let seqs: readonly number[];
    try {
      const context = this.#context(draft);
      for (const change of changes.values()) await change(draft, context);
      plan = await carryOut(draft, context, this.#ports);
      finished = draft.finish();
      seqs = await this.#commit(finished.writes, draft);
    } catch (error) {
      this.#takeBack(changes, error);
      throw error;
    }
    this.#notes.keep();
    this.#view = finished.view;
    if (finished.view.job.closed) this.#over.abort(new Error("The job is over"));
    this.#ports.happened(
      finished.view,
      finished.events.map((event, at) => ({ ...event, seq: seqs[at] ?? 0 })),
      finished.former,
    );
    for (const { id } of finished.former) this.#blocks.delete(id);
    for (const executionId of draft.told) this.#send(executionId);
    for (const task of draft.tasks) task();
    // Who joined while it was written that the job waits has found nobody waiting.
    const isMissed = finished.view.job.waiting !== undefined && this.#ports.network().changes !== seen;
    if (plan === undefined || isMissed) this.poke();
    this.#setTimer(draft.nowMs, plan ?? NOTHING_PLANNED);
  }

  async #commit(writes: readonly RequesterWrite[], draft: JobDraft): Promise<readonly number[]> {
    if (writes.length === 0) return [];
    const { store, options } = this.#ports;
    const seen = observationsOf(this.#view, writes, { ...options, nowMs: draft.nowMs });
    const seqs = await store.commit([...writes, ...seen], { durable: isPromised(draft) });
    this.#ports.learned(seen);
    return seqs;
  }

  #takeBack(changes: ReadonlyMap<string, Change>, error: unknown): void {
    const { jobId, revision } = this.#view.job;
    this.#ports.logger.error("Cannot do a step of a job: it is tried again", {
      jobId,
      error: messageOf(error),
    });
    this.#notes.takeBack();
    if (revision > 0) this.#changes = new Map([...changes, ...this.#changes]);
  }

  #context(draft: JobDraft): EffectContext {
    return {
      draft,
      begin: (key, kind, executionId) => {
        if (!this.#notes.begin(key)) return;
        draft.tasks.push(() => {
          const work = kind === "resolve" ? this.#resolve() : this.#check(executionId ?? "");
          work.catch(() => {}).finally(() => this.#notes.ended(key));
        });
      },
      wasJudged: (partition, evidence) => !this.#notes.judge(partition, evidence),
      took: (nodeId, places) => {
        this.#ports.took(nodeId, places);
        this.#notes.did(() => this.#ports.took(nodeId, places === 1 ? -1 : 1));
      },
    };
  }

  #send(executionId: string): void {
    this.repeat(executionId).catch((error: unknown) => {
      this.#ports.logger.debug("Cannot reach a node", { executionId, error: messageOf(error) });
      if (!this.#stopped)
        this.change((draft) => this.#noteUnreachable(draft, executionId, error)).catch(() => {});
    });
  }

  #noteUnreachable(draft: JobDraft, executionId: string, error: unknown): void {
    const execution = draft.execution(executionId);
    if (execution?.state !== "asked") return;
    draft.tasks.push(() => this.#ports.answered(execution.nodeId, false));
    noteUnreachable(draft, execution, error);
  }

  async #resolve(): Promise<void> {
    const until = AbortSignal.any([this.#abort.signal, this.#over.signal]);
    const change = await resolveJob(this.#view.job, this.#ports.resolver, until);
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
    if (this.#tasks?.base !== task) this.#tasks = task && new TaskCache(task);
    return this.#tasks;
  }

  #times(): JobTimes {
    return timesOf(this.#view.job.spec, this.#ports.options);
  }

  #setTimer(decidedAtMs: number, plan: Plan): void {
    this.#timer?.cancel();
    const wakeMs = nextWakeMs(this.#view, this.#ports.network(), decidedAtMs, plan);
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
const NOTHING_PLANNED: Plan = { effects: [] };

function stoppedBefore({ job }: StoredJob): RequesterError {
  return new RequesterError("requester/stopped", `Cannot change job ${job.jobId}: the requester is stopping`);
}
