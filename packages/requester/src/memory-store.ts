import type { CallOptions, JobDocument } from "@gadus/protocol";
import type { ExecutionRecord, JobEventRecord, JobRecord, PartitionRecord } from "./records.ts";
import { RequesterError } from "./requester-error.ts";
import type { EventQuery, JobQuery, Page, RequesterStore, RequesterWrite, StoredJob } from "./store.ts";

/** All rows of one job. */
interface Rows {
  job: JobRecord;
  document: JobDocument | undefined;
  readonly partitions: Map<number, PartitionRecord>;
  readonly executions: Map<string, ExecutionRecord>;
  readonly events: JobEventRecord[];
}

/** A {@link RequesterStore} that forgets when its process ends: for tests, and for the simulator. */
export function createMemoryStore(): RequesterStore {
  const jobs = new Map<string, Rows>();
  const live = new Set<string>();
  const events: JobEventRecord[] = [];

  return {
    commit: async (writes) => {
      checkWrites(writes, jobs);
      const before = events.length;
      for (const write of writes) apply(write, jobs, live, events);
      return events.slice(before).map((event) => event.seq);
    },
    async *liveJobs(options: CallOptions = {}) {
      const ids = [...live];
      for (const jobId of ids) {
        options.signal?.throwIfAborted();
        const rows = jobs.get(jobId);
        if (rows !== undefined && !rows.job.closed) yield storedJob(rows);
      }
    },
    job: async (jobId) => {
      const rows = jobs.get(jobId);
      return rows === undefined ? undefined : storedJob(rows);
    },
    document: async (jobId) => jobs.get(jobId)?.document,
    findJobs: async (text, limit) =>
      sorted(jobs, { orderBy: "created_at", reverse: false })
        .filter((job) => job.jobId.startsWith(text) || job.spec.name === text)
        .slice(0, limit)
        .map((job) => job.jobId),
    listJobs: async (query) => pageOf(sorted(jobs, query), query),
    events: async (query) => selectEvents(query, events, jobs),
    lastSeq: async () => events.length,
  };
}

function checkWrites(writes: readonly RequesterWrite[], jobs: ReadonlyMap<string, Rows>): void {
  const written = new Map<string, number>();
  const created = new Set<string>();
  for (const write of writes) {
    const { kind, jobId, name, revision } = identityOf(write);
    const rows = jobs.get(jobId);
    if (write.kind === "job") created.add(jobId);
    else if (rows === undefined && !created.has(jobId)) throw stale(kind, name, "its job isn't stored");
    if (revision === undefined) continue;
    checkRevision(kind, name, written.get(`${kind} ${name}`) ?? revisionOf(rows, write), revision);
    written.set(`${kind} ${name}`, revision);
  }
}

function identityOf(write: RequesterWrite): {
  readonly kind: string;
  readonly jobId: string;
  readonly name: string;
  readonly revision: number | undefined;
} {
  switch (write.kind) {
    case "job": {
      const { jobId, revision } = write.job;
      return { kind: "job", jobId, name: jobId, revision };
    }
    case "partition": {
      const { jobId, index, revision } = write.partition;
      return { kind: "partition", jobId, name: `${jobId}/${index}`, revision };
    }
    case "execution": {
      const { jobId, id, revision } = write.execution;
      return { kind: "execution", jobId, name: id, revision };
    }
    case "event": {
      const { jobId, topic } = write.event;
      return { kind: "event", jobId, name: topic, revision: undefined };
    }
  }
}

function revisionOf(rows: Rows | undefined, write: RequesterWrite): number | undefined {
  if (write.kind === "job") return rows?.job.revision;
  if (write.kind === "partition") return rows?.partitions.get(write.partition.index)?.revision;
  return write.kind === "execution" ? rows?.executions.get(write.execution.id)?.revision : undefined;
}

function apply(
  write: RequesterWrite,
  jobs: Map<string, Rows>,
  live: Set<string>,
  events: JobEventRecord[],
): void {
  if (write.kind === "job") {
    const { job, document } = write;
    const rows = jobs.get(job.jobId);
    if (rows === undefined) {
      jobs.set(job.jobId, { job, document, partitions: new Map(), executions: new Map(), events: [] });
    } else {
      rows.job = job;
      rows.document = document ?? rows.document;
    }
    if (job.closed) live.delete(job.jobId);
    else live.add(job.jobId);
  } else if (write.kind === "partition") {
    jobs.get(write.partition.jobId)?.partitions.set(write.partition.index, write.partition);
  } else if (write.kind === "execution") {
    jobs.get(write.execution.jobId)?.executions.set(write.execution.id, write.execution);
  } else {
    const event = { ...write.event, seq: events.length + 1 };
    events.push(event);
    jobs.get(event.jobId)?.events.push(event);
  }
}

function checkRevision(kind: string, name: string, stored: number | undefined, written: number): void {
  const right = (stored ?? 0) + 1;
  if (written !== right)
    throw stale(kind, name, `revision ${written} was written where ${right} is the next one`);
}

function stale(kind: string, name: string, state: string): RequesterError {
  return new RequesterError("requester/stale-write", `Cannot write ${kind} "${name}": ${state}`);
}

function storedJob(rows: Rows): StoredJob {
  return {
    job: rows.job,
    partitions: [...rows.partitions.values()].sort((a, b) => a.index - b.index),
    executions: [...rows.executions.values()],
  };
}

function sorted(
  jobs: ReadonlyMap<string, Rows>,
  query: Pick<JobQuery, "namespace" | "orderBy" | "reverse">,
): readonly JobRecord[] {
  const found = [...jobs.values()]
    .map((rows) => rows.job)
    .filter((job) => query.namespace === undefined || job.namespace === query.namespace);
  const oldestFirst = found.sort((a, b) => compareKeys(keyOf(a, query.orderBy), keyOf(b, query.orderBy)));
  return query.reverse ? oldestFirst : oldestFirst.reverse();
}

type Key = readonly [timeMs: number, jobId: string];

function keyOf(job: JobRecord, orderBy: JobQuery["orderBy"]): Key {
  return [orderBy === "created_at" ? job.createdAtMs : job.modifiedAtMs, job.jobId];
}

function compareKeys(a: Key, b: Key): number {
  if (a[0] !== b[0]) return a[0] - b[0];
  if (a[1] === b[1]) return 0;
  return a[1] < b[1] ? -1 : 1;
}

function pageOf(jobs: readonly JobRecord[], query: JobQuery): Page<JobRecord> {
  const after = query.after === undefined ? undefined : readToken(query.after, query.orderBy);
  const direction = query.reverse ? 1 : -1;
  const rest = jobs.filter(
    (job) => after === undefined || Math.sign(compareKeys(keyOf(job, query.orderBy), after)) === direction,
  );
  const items = rest.slice(0, query.limit);
  const last = items.at(-1);
  if (last === undefined || rest.length <= items.length) return { items };
  const [timeMs, jobId] = keyOf(last, query.orderBy);
  return { items, next: `${query.orderBy}:${timeMs}:${jobId}` };
}

function readToken(token: string, orderBy: JobQuery["orderBy"]): Key {
  const match = /^(created_at|modified_at):(\d+):(.+)$/s.exec(token);
  if (match?.[1] === orderBy && match[3] !== undefined) return [Number(match[2]), match[3]];
  throw new RequesterError(
    "requester/invalid-token",
    `Cannot list jobs after "${token}": no page of this order ended there`,
    { field: "next_token", hint: "Pass the NextToken of the page before, unchanged." },
  );
}

function selectEvents(
  query: EventQuery,
  all: readonly JobEventRecord[],
  jobs: ReadonlyMap<string, Rows>,
): readonly JobEventRecord[] {
  const candidates = query.jobId === undefined ? all.slice(query.afterSeq) : jobs.get(query.jobId)?.events;
  return (candidates ?? [])
    .filter((event) => event.seq > query.afterSeq)
    .filter((event) => query.executionId === undefined || event.executionId === query.executionId)
    .slice(0, query.limit);
}
