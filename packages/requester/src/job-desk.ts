import { type JobDocument, type Message, messageOf } from "@gadus/protocol";
import type { Answer } from "./answers.ts";
import { EndedExecutions } from "./ended-executions.ts";
import { findJob, unknownJob, unknownVersion } from "./find-job.ts";
import { Healing } from "./healing.ts";
import type { JobDraft } from "./job-draft.ts";
import { JobIntake } from "./job-intake.ts";
import { JobNews } from "./job-news.ts";
import { LiveExecutions } from "./live-executions.ts";
import { LiveJob, type LiveJobPorts } from "./live-job.ts";
import { Housekeeping } from "./housekeeping.ts";
import { viewNetwork } from "./network-view.ts";
import { NetworkWatch } from "./network-watch.ts";
import type { NodeTable } from "./node-table.ts";
import type { RequesterOptions } from "./options.ts";
import { Outbox } from "./outbox.ts";
import type { ExecutionRecord, JobEventRecord } from "./records.ts";
import type { RequesterPorts } from "./requester-ports.ts";
import { MAX_REPUTATIONS, type ReputationTable } from "./reputation-table.ts";
import { RequesterError } from "./requester-error.ts";
import type { SelectionStrategy } from "./selection-strategy.ts";
import { TaskResolver } from "./resolve-task.ts";
import type { JobVersion, JobView, StoredJob } from "./store.ts";

type DeskPorts = Omit<RequesterPorts, "options"> & {
  readonly options: RequesterOptions;
  readonly nodes: NodeTable;
  readonly reputations: ReputationTable;
  readonly strategies: ReadonlyMap<string, SelectionStrategy>;
};

/** Jobs that start to be taken up again at once, after a start or when a node joins. */
const MAX_POKES_A_TURN = 100;

/** Every job that isn't closed, by id and by the executions that its nodes speak of. */
export class JobDesk {
  readonly #ports: DeskPorts;
  readonly #intake: JobIntake;
  readonly #jobs = new Map<string, LiveJob>();
  readonly #executions = new LiveExecutions();
  readonly #ended: EndedExecutions;
  readonly #listeners = new Set<(event: JobEventRecord) => void>();
  readonly #livePorts: LiveJobPorts;
  readonly #news: JobNews;
  readonly #housekeeping: Housekeeping;
  readonly #watch: NetworkWatch;
  readonly #healing: Healing;
  #startedAtMs = 0;
  #stopped = true;

  constructor(ports: DeskPorts) {
    this.#ports = ports;
    const resolver = new TaskResolver(ports);
    this.#news = new JobNews(ports);
    this.#housekeeping = new Housekeeping(ports);
    const outbox = new Outbox(ports);
    this.#ended = new EndedExecutions({ ...ports, send: (to, message) => outbox.send(to, message) });
    this.#healing = new Healing({
      ...ports,
      jobs: this.#jobs,
      executions: this.#executions,
      ended: this.#ended,
      outbox,
    });
    this.#watch = new NetworkWatch({
      ...ports,
      jobs: () => Array.from(this.#jobs.values(), (live) => live.view.job),
      poke: (jobIds) => this.#poke(jobIds),
    });
    const network = viewNetwork({ ...ports, startedAtMs: () => this.#startedAtMs });
    this.#livePorts = {
      ...ports,
      took: (nodeId, places) => ports.nodes.took(nodeId, places),
      resolver,
      network: () => network,
      send: (to, message) => outbox.deliver(to, message),
      answered: (nodeId, inTime) => ports.nodes.answered(nodeId, inTime),
      happened: (view, events, former) => this.#happened(view, events, former),
      learned: (writes) => {
        for (const { observation } of writes) ports.reputations.learn(observation);
      },
    };
    this.#intake = new JobIntake({
      ...ports,
      resolver,
      jobs: this.#jobs,
      livePorts: this.#livePorts,
      checkRunning: (action) => this.#checkRunning(action),
    });
  }

  async start(): Promise<void> {
    this.#stopped = false;
    // What a killed process wrote and didn't sync is read as stored, and is promised on from now on.
    await this.#ports.store.commit([], { durable: true });
    this.#ports.reputations.load(await this.#ports.store.reputations(MAX_REPUTATIONS));
    for (const { nodeId, membership } of await this.#ports.store.memberships())
      this.#ports.nodes.decided(nodeId, membership);
    this.#startedAtMs = this.#ports.clock.nowMs();
    for await (const view of this.#ports.store.liveJobs()) {
      this.#jobs.set(view.job.jobId, new LiveJob(view, this.#livePorts));
      this.#executions.index(view);
    }
    this.#poke(Array.from(this.#jobs.keys()));
    this.#healing.start();
    this.#housekeeping.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#housekeeping.stop();
    this.#healing.stop();
    this.#news.stop();
    this.#ended.stop();
    this.#watch.stop();
    await Promise.all(Array.from(this.#jobs.values(), (job) => job.stop()));
    this.#jobs.clear();
    this.#executions.clear();
  }

  get intake(): JobIntake {
    return this.#intake;
  }

  async stopJob(idOrName: string, reason: string): Promise<void> {
    const { job } = await this.job(idOrName);
    const change = (draft: JobDraft): void => {
      const { desired, failure } = draft.job;
      if (desired === "run" && failure === undefined)
        draft.changeJob({ desired: "stop", stopReason: reason });
    };
    this.#checkRunning(`stop job ${job.jobId}`);
    await this.#jobs.get(job.jobId)?.change(change);
    // A job that is over may be so only in what a power loss takes back: then its owner's wish would be lost with it.
    await this.#ports.store.commit([], { durable: true });
  }

  stored(idOrName: string): Promise<StoredJob> {
    return findJob(idOrName, { jobs: this.#jobs, store: this.#ports.store });
  }

  async job(idOrName: string, jobVersion?: number): Promise<JobView> {
    const view = await this.stored(idOrName);
    const { jobId, jobVersion: latest } = view.job;
    if (jobVersion === undefined || jobVersion === latest)
      return { ...view, document: await this.document(jobId) };
    const former = await this.#ports.store.version(jobId, jobVersion);
    if (former === undefined) throw unknownVersion(view.job, jobVersion);
    return former;
  }

  async versions(idOrName: string): Promise<readonly JobVersion[]> {
    const { job, document } = await this.job(idOrName);
    const former = await this.#ports.store.versions(job.jobId);
    return [...former.filter(({ job: { jobVersion } }) => jobVersion < job.jobVersion), { job, document }];
  }

  async document(jobId: string): Promise<JobDocument> {
    const document = await this.#ports.store.document(jobId);
    if (document === undefined) throw unknownJob(jobId);
    return document;
  }

  onEvent(listener: (event: JobEventRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes a compute node's message. */
  hear(from: string, message: Message): void {
    if (message.type === "sync") this.#healing.heal(from, message.executions);
    else if (message.type === "lost") this.#healing.lost(from, message.executionIds);
    else if ("executionId" in message) this.#takeAnswer(from, message as Answer);
  }

  /** Tells a node that has just connected of each of its executions that isn't over. */
  greet(nodeId: string): void {
    this.#healing.compare(nodeId);
    this.lookAtNode(nodeId);
    this.networkChanged(nodeId);
  }

  /** Has the jobs with executions on a node look at it: it came, or went. */
  lookAtNode(nodeId: string): void {
    const jobs = this.#executions.jobsOn(nodeId);
    if (!this.#stopped) this.#poke(Array.from(jobs));
  }

  /** A node came, or told of itself: jobs that wait for one look again, soon. */
  networkChanged(nodeId: string): void {
    this.#watch.changed(nodeId);
  }

  #checkRunning(action: string): void {
    if (!this.#stopped) return;
    throw new RequesterError("requester/stopped", `Cannot ${action}: the requester is stopping`);
  }

  #takeAnswer(from: string, answer: Answer): void {
    const entry = this.#executions.get(answer.executionId);
    const live = entry && this.#jobs.get(entry.jobId);
    if (live !== undefined && entry?.nodeId === from) live.answer(from, answer).catch(() => {});
    else if (answer.type !== "fail" && answer.type !== "decline") {
      this.#ended.tell(from, [answer.executionId]);
    }
  }

  #happened(view: StoredJob, events: readonly JobEventRecord[], former: readonly ExecutionRecord[]): void {
    this.#executions.index({ job: view.job, executions: former });
    for (const { id, nodeId, state } of former) if (state === "cancelled") this.#ended.tell(nodeId, [id]);
    this.#executions.index(view);
    this.#news.tell(view, events);
    if (view.job.closed) this.#jobs.delete(view.job.jobId);
    for (const event of events) this.#notify(event);
  }

  /** A listener that fails must not keep what follows of a step, the messages, from being done. */
  #notify(event: JobEventRecord): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#ports.logger.error("A listener to job events failed", { error: messageOf(error) });
      }
    }
  }

  #poke(jobIds: readonly string[]): void {
    const next = (from: number): void => {
      const to = from + MAX_POKES_A_TURN;
      for (const jobId of jobIds.slice(from, to)) this.#jobs.get(jobId)?.poke();
      if (to < jobIds.length && !this.#stopped) this.#ports.clock.setTimer(0, () => next(to));
    };
    next(0);
  }
}
