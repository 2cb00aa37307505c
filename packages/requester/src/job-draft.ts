import type { ExecutionState, JobDocument } from "@gadus/protocol";
import { statusOf } from "./job-status.ts";
import type { ExecutionRecord, JobEventRecord, JobRecord, PartitionRecord } from "./records.ts";
import type { RequesterWrite, StoredJob } from "./store.ts";

/** Something said of a job while it changed. */
export interface Note {
  readonly topic: string;
  readonly message: string;
  readonly executionId?: string;
  readonly details?: Readonly<Record<string, string>>;
}

/** A draft to be made durable: what the job becomes, and what to write for that. */
export interface FinishedDraft {
  readonly view: StoredJob;
  readonly writes: readonly RequesterWrite[];
  readonly events: readonly Omit<JobEventRecord, "seq">[];
  /** Executions that this ended of a version which the job leaves behind. */
  readonly former: readonly ExecutionRecord[];
}

type Keys = "jobId" | "namespace" | "owner" | "jobVersion" | "revision";

/** One step of one job: its records as they will be, and what follows once they are durable. */
export class JobDraft {
  readonly nowMs: number;
  /** Executions whose nodes are told of their new state once it is durable. */
  readonly told = new Set<string>();
  /** What begins once the draft is durable. */
  readonly tasks: (() => void)[] = [];
  readonly #desired: JobRecord["desired"];
  #job: JobRecord;
  #partitions: PartitionRecord[];
  /** By id, in the order of their creation. */
  readonly #executions: Map<string, ExecutionRecord>;
  /** As it was last looked at, unless it has changed since. */
  #view: StoredJob | undefined;
  #document: JobDocument | undefined;
  #version: Extract<RequesterWrite, { readonly kind: "version" }> | undefined;
  readonly #former: ExecutionRecord[] = [];
  readonly #formerPartitions: PartitionRecord[] = [];
  #jobChanged = false;
  readonly #changedPartitions = new Set<number>();
  readonly #changedExecutions = new Set<string>();
  readonly #events: Omit<JobEventRecord, "seq">[] = [];

  constructor(view: StoredJob, nowMs: number) {
    this.nowMs = nowMs;
    this.#desired = view.job.desired;
    this.#job = view.job;
    this.#partitions = [...view.partitions];
    this.#executions = new Map(view.executions.map((each) => [each.id, each]));
  }

  /** A draft of a job that is new: all of it is written. */
  static of(view: StoredJob, document: JobDocument, nowMs: number): JobDraft {
    const draft = new JobDraft(view, nowMs);
    draft.#document = document;
    draft.#jobChanged = true;
    for (const partition of view.partitions) draft.#changedPartitions.add(partition.index);
    return draft;
  }

  /** Whether the job, or its version, is stored by this very step. */
  get isNew(): boolean {
    return this.#document !== undefined;
  }

  /** Whether its owner stops the job by this very step. */
  get isStopped(): boolean {
    return this.#job.desired !== this.#desired;
  }

  get job(): JobRecord {
    return this.#job;
  }

  get view(): StoredJob {
    this.#view ??= {
      job: this.#job,
      partitions: [...this.#partitions],
      executions: [...this.#executions.values()],
    };
    return this.#view;
  }

  partition(index: number): PartitionRecord | undefined {
    return this.#partitions[index];
  }

  execution(id: string): ExecutionRecord | undefined {
    return this.#executions.get(id);
  }

  changeJob(change: Partial<Omit<JobRecord, Keys>>): void {
    this.#view = undefined;
    this.#jobChanged = true;
    this.#job = { ...this.#job, ...change };
  }

  changePartition(index: number, change: Partial<Omit<PartitionRecord, Keys>>): void {
    const partition = this.#partitions[index];
    if (partition === undefined) return;
    this.#view = undefined;
    this.#changedPartitions.add(index);
    this.#partitions[index] = { ...partition, ...change };
  }

  changeExecution(id: string, change: Partial<Omit<ExecutionRecord, Keys>>): void {
    const execution = this.#executions.get(id);
    if (execution === undefined) return;
    this.#view = undefined;
    this.#changedExecutions.add(id);
    this.#executions.set(id, { ...execution, ...change, modifiedAtMs: this.nowMs });
  }

  /** Adds a new execution; its revision must be 0, since writing it makes it 1. */
  addExecution(execution: ExecutionRecord): void {
    this.#view = undefined;
    this.#changedExecutions.add(execution.id);
    this.#executions.set(execution.id, execution);
  }

  note({ topic, message, executionId, details = {} }: Note): void {
    const { jobId, jobVersion, namespace, owner } = this.#job;
    const atMs = this.nowMs;
    this.#events.push({ jobId, jobVersion, namespace, owner, executionId, topic, message, details, atMs });
  }

  /** Notes that an execution came to a state. */
  noteState(execution: ExecutionRecord, state: ExecutionState, message: string): void {
    this.note({
      topic: `execution/${state}`,
      message,
      executionId: execution.id,
      details: { state, node: execution.nodeId, partition: String(execution.partition) },
    });
  }

  /** Leaves this version of the job behind as it is now, and begins `next`, the following one. */
  renew(next: StoredJob, document: JobDocument, formerDocument: JobDocument): void {
    this.#noteStatus();
    this.#version = { kind: "version", job: this.#job, document: formerDocument };
    for (const id of this.#changedExecutions) {
      const execution = this.#executions.get(id);
      if (execution !== undefined) this.#former.push(advanced(execution));
    }
    for (const index of this.#changedPartitions) {
      const partition = this.#partitions.find((each) => each.index === index);
      if (partition !== undefined) this.#formerPartitions.push(advanced(partition));
    }
    this.#changedExecutions.clear();
    this.#executions.clear();
    this.told.clear();
    const { revision, createdAtMs } = this.#job;
    this.#job = { ...next.job, revision, createdAtMs, versionAtMs: next.job.createdAtMs };
    this.#jobChanged = true;
    this.#document = document;
    this.#partitions = [...next.partitions];
    this.#changedPartitions.clear();
    for (const { index } of next.partitions) this.#changedPartitions.add(index);
    this.#view = undefined;
  }

  /** Everything that changed, each record once and one revision on; the events in their order. */
  finish(): FinishedDraft {
    this.#noteStatus();
    if (this.#jobChanged) {
      this.#job = { ...this.#job, revision: this.#job.revision + 1, modifiedAtMs: this.nowMs };
    }
    const document = this.#document === undefined ? {} : { document: this.#document };
    const writes: RequesterWrite[] = this.#version === undefined ? [] : [this.#version];
    if (this.#jobChanged) writes.push({ kind: "job", job: this.#job, ...document });
    for (const partition of this.#formerPartitions) writes.push({ kind: "partition", partition });
    for (const execution of this.#former) writes.push({ kind: "execution", execution });
    for (const [at, each] of this.#partitions.entries()) {
      if (!this.#changedPartitions.has(each.index)) continue;
      const partition = advanced(each);
      this.#partitions[at] = partition;
      writes.push({ kind: "partition", partition });
    }
    for (const [id, each] of this.#executions) {
      if (!this.#changedExecutions.has(id)) continue;
      const execution = advanced(each);
      this.#executions.set(id, execution);
      writes.push({ kind: "execution", execution });
    }
    this.#view = undefined;
    for (const event of this.#events) writes.push({ kind: "event", event });
    return { view: this.view, writes, events: this.#events, former: this.#former };
  }

  #noteStatus(): void {
    const status = statusOf(this.view);
    if (status === this.#job.status) return;
    this.changeJob({ status });
    this.note({
      topic: `job/${status.toLowerCase()}`,
      message: this.#job.failure?.message ?? `The job is ${status}`,
    });
  }
}

function advanced<R extends { readonly revision: number }>(record: R): R {
  return { ...record, revision: record.revision + 1 };
}
