import type { CallOptions, ExecutionState } from "@gadus/protocol";
import { Channel } from "./channel.ts";
import { findExecution } from "./find-execution.ts";
import { isFinal, statusOf } from "./job-status.ts";
import { type ExecutionLogPorts, type LogEntry, readExecutionLogs } from "./read-execution-logs.ts";
import type { ExecutionRecord, JobEventRecord } from "./records.ts";
import { RequesterError } from "./requester-error.ts";
import type { StoredJob } from "./store.ts";

/** Executions of a job that are read at one time. */
const MAX_AT_ONCE = 16;
/** Entries that wait for their reader, of each execution or of all that are followed. */
const MAX_WAITING = 4;

/** How often a job is looked at whose news stay away. */
const LOOK_MS = 10_000;

/** Which logs of a job, and how far. */
export interface LogWish {
  /** Of this execution alone, by id or the beginning of one. @default all that ran */
  readonly executionId?: string;
  /** Of this version. @default the latest, and where an execution of a former one is named in full, that one */
  readonly jobVersion?: number;
  /** Whether to go on until the job is over and has printed all. @default false: what there is now */
  readonly follow?: boolean;
  /** Only the last lines, of each execution, of what was printed so far. @default all */
  readonly tail?: number;
}

/** Where jobs and their news come from. */
export interface LogSources {
  stored(idOrName: string): Promise<StoredJob>;
  /** A job at one of its versions. @throws {RequesterError} `requester/unknown-version` */
  version(jobId: string, jobVersion: number): Promise<StoredJob>;
  /** The execution with exactly this id. */
  execution(executionId: string): Promise<ExecutionRecord | undefined>;
  onEvent(listener: (event: JobEventRecord) => void): () => void;
}

const RAN: ReadonlySet<ExecutionState> = new Set(["running", "proposed", "verified", "published", "refuted"]);

/**
 * What the executions of a job print, as {@link LogWish} says.
 *
 * One execution after the other; where they are followed, as it comes. Whoever takes the entries sets the pace.
 *
 * @throws {RequesterError} `requester/unknown-job`, `requester/ambiguous-id`, `requester/unknown-execution`,
 * `requester/unknown-version`
 */
export async function* readLogs(
  ports: ExecutionLogPorts & LogSources,
  idOrName: string,
  wish: LogWish,
  options: CallOptions,
): AsyncGenerator<LogEntry, void, undefined> {
  const latest = await ports.stored(idOrName);
  const { jobId } = latest.job;
  const view = await versionOf(ports, latest, wish);
  const isFormer = view.job.jobVersion !== latest.job.jobVersion;
  const chosenId = wish.executionId === undefined ? undefined : chooseExecution(view, wish.executionId);
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const reading: Reading = {
    ports,
    jobId,
    signal,
    isWanted: (execution) => (chosenId === undefined ? didRun(execution) : execution.id === chosenId),
    read: (execution, follow, put) => {
      const current = async (): Promise<ExecutionRecord | undefined> =>
        isFormer ? ports.execution(execution.id) : findExecution(await ports.stored(jobId), execution.id);
      const { tail } = wish;
      const one = { follow, tail, chosen: chosenId !== undefined, current };
      return readExecutionLogs(ports, execution, one, put, signal);
    },
  };
  try {
    if (wish.follow === true && !view.job.closed && !isFormer) yield* followAll(reading, chosenId);
    else yield* readInOrder(reading, view.executions.filter(reading.isWanted));
  } finally {
    stop.abort(new Error("the logs are read no more"));
  }
}

/** The job at the version whose logs are meant. */
async function versionOf(
  ports: LogSources,
  latest: StoredJob,
  { jobVersion, executionId }: LogWish,
): Promise<StoredJob> {
  const { jobId } = latest.job;
  if (jobVersion !== undefined && jobVersion !== latest.job.jobVersion)
    return ports.version(jobId, jobVersion);
  const isMeantElsewhere =
    jobVersion === undefined &&
    executionId !== undefined &&
    !latest.executions.some(({ id }) => id.startsWith(executionId));
  const execution = isMeantElsewhere ? await ports.execution(executionId) : undefined;
  if (execution === undefined || execution.jobId !== jobId || execution.jobVersion === latest.job.jobVersion)
    return latest;
  return ports.version(jobId, execution.jobVersion);
}

interface Reading {
  readonly ports: ExecutionLogPorts & LogSources;
  readonly jobId: string;
  readonly signal: AbortSignal;
  readonly isWanted: (execution: ExecutionRecord) => boolean;
  readonly read: (
    execution: ExecutionRecord,
    follow: boolean,
    put: (entry: LogEntry) => Promise<void>,
  ) => Promise<void>;
}

function didRun({ state, engaged }: ExecutionRecord): boolean {
  return RAN.has(state) || (engaged && (state === "failed" || state === "cancelled"));
}

function chooseExecution(view: StoredJob, wanted: string): string {
  const exact = findExecution(view, wanted);
  if (exact !== undefined) return exact.id;
  const [first, other] = view.executions.filter(({ id }) => id.startsWith(wanted));
  if (first !== undefined && other === undefined) return first.id;
  const state = first === undefined ? "it has no execution of this id" : "several begin with this";
  throw new RequesterError(
    "requester/unknown-execution",
    `Cannot read logs of execution "${wanted}" of job ${view.job.jobId}: ${state}`,
    { field: "execution_id", hint: "List the job's executions to see what there is." },
  );
}

/** Some ahead of the one whose turn it is, so that a node that is far or gone holds up no others. */
async function* readInOrder(
  { read, signal }: Reading,
  executions: readonly ExecutionRecord[],
): AsyncGenerator<LogEntry, void, undefined> {
  const ahead: Channel<LogEntry>[] = [];
  const onAbort = (): void => {
    for (const channel of ahead) channel.wake();
  };
  signal.addEventListener("abort", onAbort);
  const rest = executions.values();
  const begin = (): void => {
    const { value: execution } = rest.next();
    if (execution === undefined) return;
    const channel = new Channel<LogEntry>(MAX_WAITING);
    ahead.push(channel);
    read(execution, false, (entry) => channel.put(entry, signal)).then(
      () => channel.end(),
      (error: unknown) => channel.end(error),
    );
  };
  for (let count = 0; count < MAX_AT_ONCE; count += 1) begin();
  for (let channel = ahead[0]; channel !== undefined; channel = ahead[0]) {
    yield* channel;
    ahead.shift();
    begin();
  }
}

/** What comes, as it comes, of executions that run now and that will, until the job is over and all is read. */
async function* followAll(
  reading: Reading,
  chosenId: string | undefined,
): AsyncGenerator<LogEntry, void, undefined> {
  const { ports, jobId, signal } = reading;
  const channel = new Channel<LogEntry>(MAX_WAITING);
  let news = Promise.withResolvers<void>();
  const unsubscribe = ports.onEvent((event) => {
    if (event.jobId === jobId) news.resolve();
  });
  const onAbort = (): void => {
    channel.wake();
    channel.end(signal.reason as unknown);
    news.resolve();
  };
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();

  async function watch(): Promise<void> {
    const seen = new Set<string>();
    const waiting: ExecutionRecord[] = [];
    let reads = 0;
    for (;;) {
      news = Promise.withResolvers();
      const view = await ports.stored(jobId);
      const fresh = view.executions.filter((execution) => !seen.has(execution.id) && isReady(execution));
      for (const execution of fresh) seen.add(execution.id);
      waiting.push(...fresh);
      for (; reads < MAX_AT_ONCE && waiting.length > 0; reads += 1) {
        const execution = waiting.shift();
        if (execution === undefined) break;
        reading
          .read(execution, true, (entry) => channel.put(entry, signal))
          .then(
            () => {
              reads -= 1;
              news.resolve();
            },
            (error: unknown) => channel.end(error),
          );
      }
      const noneWillCome = isFinal(statusOf(view)) || (chosenId !== undefined && seen.has(chosenId));
      if (reads === 0 && waiting.length === 0 && noneWillCome) return;
      const timer = ports.clock.setTimer(LOOK_MS, news.resolve);
      await news.promise;
      timer.cancel();
      signal.throwIfAborted();
    }
  }
  const isReady = (execution: ExecutionRecord): boolean => reading.isWanted(execution) && didRun(execution);

  watch().then(
    () => channel.end(),
    (error: unknown) => channel.end(error),
  );
  try {
    yield* channel;
  } finally {
    unsubscribe();
    signal.removeEventListener("abort", onAbort);
  }
}
