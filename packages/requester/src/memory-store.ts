import type { CallOptions } from "@gadus/protocol";
import { cleanMemory, type ForgetEvents, type MemoryRows, partitionKey } from "./clean-memory.ts";
import { COMPACTED } from "./compaction.ts";
import { formerVersion, keepVersion, recordsOf } from "./memory-versions.ts";
import type { MembershipRecord } from "./membership.ts";
import type { JobEventRecord, JobRecord } from "./records.ts";
import { labelsHold } from "./labels-hold.ts";
import { observe, type Reputation } from "./reputation.ts";
import { RequesterError } from "./requester-error.ts";
import type { EventQuery, JobQuery, Page, RequesterStore, RequesterWrite } from "./store.ts";

/** All that is stored. */
interface Tables {
  readonly jobs: Map<string, MemoryRows>;
  /** Ids of jobs that aren't closed. */
  readonly live: Set<string>;
  /** By `seq`, in its order. */
  readonly events: Map<number, JobEventRecord>;
  readonly memberships: Map<string, MembershipRecord>;
  /** Those seen longest ago first. */
  readonly reputations: Map<string, Reputation>;
  lastSeq: number;
  /** The greatest number of an event that was removed. */
  forgottenSeq: number;
}

/** A {@link RequesterStore} that forgets when its process ends: for tests, and for the simulator. */
export function createMemoryStore(): RequesterStore {
  const tables: Tables = {
    jobs: new Map(),
    live: new Set(),
    events: new Map(),
    memberships: new Map(),
    reputations: new Map(),
    lastSeq: 0,
    forgottenSeq: 0,
  };
  const { jobs, live, reputations } = tables;
  const addEvent = (event: Omit<JobEventRecord, "seq">): number => {
    tables.lastSeq += 1;
    const stored = { ...event, seq: tables.lastSeq };
    tables.events.set(stored.seq, stored);
    jobs.get(event.jobId)?.events.push(stored);
    return stored.seq;
  };
  const cleaning = cleanMemory(jobs, forgetFrom(tables), addEvent);

  return {
    commit: async (writes) => {
      checkWrites(writes, jobs);
      return writes.flatMap((write) => {
        if (write.kind === "event") return [addEvent(write.event)];
        apply(write, tables);
        return [];
      });
    },
    async *liveJobs(options: CallOptions = {}) {
      const ids = [...live];
      for (const jobId of ids) {
        options.signal?.throwIfAborted();
        const rows = jobs.get(jobId);
        if (rows !== undefined && !rows.job.closed) yield recordsOf(rows, rows.job);
      }
    },
    job: async (jobId) => {
      const rows = jobs.get(jobId);
      return rows === undefined ? undefined : recordsOf(rows, rows.job);
    },
    version: async (jobId, jobVersion) => formerVersion(jobs.get(jobId), jobVersion),
    versions: async (jobId) => [...(jobs.get(jobId)?.versions.values() ?? [])],
    execution: async (executionId) => {
      for (const { executions } of jobs.values()) {
        const execution = executions.get(executionId);
        if (execution !== undefined) return execution;
      }
      return undefined;
    },
    document: async (jobId) => jobs.get(jobId)?.document,
    findJobs: async (text, limit) =>
      sorted(jobs, { orderBy: "created_at", reverse: false })
        .filter((job) => job.jobId.startsWith(text) || job.spec.name === text)
        .slice(0, limit)
        .map((job) => job.jobId),
    named: async (namespace, name) =>
      sorted(jobs, { orderBy: "created_at", reverse: false, namespace }).find((job) => job.spec.name === name)
        ?.jobId,
    listJobs: async (query) => pageOf(labelled(sorted(jobs, query), query, jobs), query),
    events: async (query) => selectEvents(query, tables),
    lastSeq: async () => tables.lastSeq,
    forgottenSeq: async (jobId) =>
      jobId === undefined ? tables.forgottenSeq : (jobs.get(jobId)?.forgottenSeq ?? 0),
    memberships: async () => [...tables.memberships.values()].sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1)),
    reputations: async (limit) => [...reputations.values()].reverse().slice(0, limit),
    forgetReputations: async (keep) => {
      const surplus = Math.max(0, reputations.size - keep);
      for (const nodeId of [...reputations.keys()].slice(0, surplus)) reputations.delete(nodeId);
    },
    compact: async (bounds) => cleaning.compact(bounds),
    forget: async (bounds) => cleaning.forget(bounds),
  };
}

function forgetFrom(tables: Tables): ForgetEvents {
  return (rows, removed) => {
    for (const { seq, topic } of removed) {
      tables.events.delete(seq);
      // That of a compaction only says that others went.
      if (topic === COMPACTED) continue;
      rows.forgottenSeq = Math.max(rows.forgottenSeq, seq);
      tables.forgottenSeq = Math.max(tables.forgottenSeq, seq);
    }
  };
}

function checkWrites(writes: readonly RequesterWrite[], jobs: ReadonlyMap<string, MemoryRows>): void {
  const written = new Map<string, number>();
  const created = new Set<string>();
  for (const write of writes) {
    if (write.kind === "observation" || write.kind === "membership") continue;
    const { kind, jobId, name, revision } = identityOf(write);
    const rows = jobs.get(jobId);
    if (write.kind === "job") created.add(jobId);
    else if (rows === undefined && !created.has(jobId)) throw stale(kind, name, "its job isn't stored");
    if (revision === undefined) continue;
    checkRevision(kind, name, written.get(`${kind} ${name}`) ?? revisionOf(rows, write), revision);
    written.set(`${kind} ${name}`, revision);
  }
}

type JobWrite = Exclude<RequesterWrite, { readonly kind: "observation" | "membership" }>;

function identityOf(write: JobWrite): {
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
      const { jobId, revision } = write.partition;
      return { kind: "partition", jobId, name: `${jobId}/${partitionKey(write.partition)}`, revision };
    }
    case "execution": {
      const { jobId, id, revision } = write.execution;
      return { kind: "execution", jobId, name: id, revision };
    }
    case "version": {
      const { jobId, jobVersion } = write.job;
      return { kind: "version", jobId, name: `${jobId}/${jobVersion}`, revision: undefined };
    }
    case "event": {
      const { jobId, topic } = write.event;
      return { kind: "event", jobId, name: topic, revision: undefined };
    }
  }
}

function revisionOf(rows: MemoryRows | undefined, write: JobWrite): number | undefined {
  if (write.kind === "job") return rows?.job.revision;
  if (write.kind === "partition") return rows?.partitions.get(partitionKey(write.partition))?.revision;
  return write.kind === "execution" ? rows?.executions.get(write.execution.id)?.revision : undefined;
}

function apply(write: Exclude<RequesterWrite, { readonly kind: "event" }>, tables: Tables): void {
  const { jobs, live, memberships, reputations } = tables;
  if (write.kind === "job") {
    const { job, document } = write;
    const rows = jobs.get(job.jobId);
    if (rows === undefined) {
      jobs.set(job.jobId, {
        job,
        document,
        versions: new Map(),
        partitions: new Map(),
        executions: new Map(),
        events: [],
        compacted: false,
        forgottenSeq: 0,
      });
    } else {
      rows.job = job;
      rows.document = document ?? rows.document;
      rows.compacted &&= job.closed;
    }
    if (job.closed) live.delete(job.jobId);
    else live.add(job.jobId);
  } else if (write.kind === "partition") {
    jobs.get(write.partition.jobId)?.partitions.set(partitionKey(write.partition), write.partition);
  } else if (write.kind === "execution") {
    jobs.get(write.execution.jobId)?.executions.set(write.execution.id, write.execution);
  } else if (write.kind === "version") {
    const rows = jobs.get(write.job.jobId);
    if (rows !== undefined) keepVersion(rows, write, forgetFrom(tables));
  } else if (write.kind === "membership") {
    if (write.record === undefined) memberships.delete(write.nodeId);
    else memberships.set(write.nodeId, write.record);
  } else {
    const { nodeId } = write.observation;
    const reputation = observe(reputations.get(nodeId), write.observation);
    reputations.delete(nodeId);
    reputations.set(nodeId, reputation);
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

function sorted(
  jobs: ReadonlyMap<string, MemoryRows>,
  query: Pick<JobQuery, "namespace" | "orderBy" | "reverse">,
): readonly JobRecord[] {
  const found = [...jobs.values()]
    .map((rows) => rows.job)
    .filter((job) => query.namespace === undefined || job.namespace === query.namespace);
  const oldestFirst = found.sort((a, b) => compareKeys(keyOf(a, query.orderBy), keyOf(b, query.orderBy)));
  return query.reverse ? oldestFirst : oldestFirst.reverse();
}

function labelled(
  found: readonly JobRecord[],
  { labels: wanted = [] }: JobQuery,
  jobs: ReadonlyMap<string, MemoryRows>,
): readonly JobRecord[] {
  if (wanted.length === 0) return found;
  return found.filter(({ jobId }) => {
    const labels = jobs.get(jobId)?.document?.Labels ?? {};
    return wanted.every((each) => labelsHold(labels, each));
  });
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

function selectEvents(query: EventQuery, { events, jobs, lastSeq }: Tables): readonly JobEventRecord[] {
  const { jobId, jobVersion, executionId, level, sinceMs, afterSeq, limit } = query;
  const isMeant = (event: JobEventRecord): boolean =>
    event.seq > afterSeq &&
    (executionId === undefined || event.executionId === executionId) &&
    (jobVersion === undefined || event.jobVersion === jobVersion) &&
    (level === undefined || (event.executionId === undefined) === (level === "job")) &&
    (sinceMs === undefined || event.atMs >= sinceMs);
  if (jobId !== undefined) return (jobs.get(jobId)?.events ?? []).filter(isMeant).slice(0, limit);
  const found: JobEventRecord[] = [];
  for (let seq = afterSeq + 1; seq <= lastSeq && found.length < limit; seq += 1) {
    const event = events.get(seq);
    if (event !== undefined && isMeant(event)) found.push(event);
  }
  return found;
}
