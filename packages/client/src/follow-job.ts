import type { ApiJobView } from "./api-types.ts";
import { type CallOptions, delay } from "./call-options.ts";
import { ClientError, isAway } from "./client-error.ts";
import { allHasEnded, jobHasEnded } from "./execution-stage.ts";
import type { ServerSentEvent } from "./parse-event-stream.ts";

/** How long the API may be away while a job is followed. */
const MAX_ABSENCE_MS = 60_000;
const MIN_RECONNECT_MS = 100;
const MAX_RECONNECT_MS = 2000;

/** How to wait for a job. */
export interface WaitOptions extends CallOptions {
  /** Whether to wait for every execution, and not only for the job. @default false */
  readonly all?: boolean;
  /** Called with each view of the job, the last one too. */
  readonly onView?: (view: ApiJobView) => void;
}

/** What {@link followJob} reads. */
export interface JobSource {
  job(jobId: string, options: CallOptions): Promise<ApiJobView>;
  /** A job's events as they come; `opened` is called once the stream has begun. */
  events(jobId: string, options: EventOptions): AsyncIterable<ServerSentEvent>;
}

export interface EventOptions extends CallOptions {
  /** The last event that was seen; the stream goes on after it. */
  readonly lastEventId?: string | undefined;
  /** Called once the stream has begun. */
  readonly opened?: () => void;
}

/**
 * Follows a job until it has ended, by its events; reads the job anew after each, and so misses nothing.
 *
 * An API that goes away is waited for, for up to {@link MAX_ABSENCE_MS}.
 *
 * @throws {ClientError} as the API's calls do
 * @throws the signal's reason, if `signal` aborts
 */
export async function followJob(api: JobSource, jobId: string, options: WaitOptions): Promise<ApiJobView> {
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const ended = Promise.withResolvers<ApiJobView>();
  const wake = makeCoalesced(async () => {
    const view = await api.job(jobId, { signal });
    options.onView?.(view);
    if (options.all === true ? allHasEnded(view) : jobHasEnded(view.Job)) ended.resolve(view);
  });
  const refresh = (): void => {
    wake().catch((error: unknown) => {
      if (!isAway(error)) ended.reject(error);
    });
  };
  listen(api, jobId, refresh, signal).catch(ended.reject);
  try {
    return await ended.promise;
  } finally {
    stop.abort();
  }
}

async function listen(
  api: JobSource,
  jobId: string,
  refresh: () => void,
  signal: AbortSignal,
): Promise<never> {
  let lastEventId: string | undefined;
  let waitMs = MIN_RECONNECT_MS;
  let goneMs = 0;
  const opened = (): void => {
    goneMs = 0;
    refresh();
  };
  for (;;) {
    try {
      for await (const event of api.events(jobId, { signal, lastEventId, opened })) {
        lastEventId = event.id ?? lastEventId;
        waitMs = MIN_RECONNECT_MS;
        refresh();
      }
    } catch (error) {
      signal.throwIfAborted();
      // What is gone of the job's events shows in the job, which is read anew.
      if (isForgotten(error) && lastEventId !== undefined) {
        lastEventId = undefined;
        continue;
      }
      if (!isAway(error) || goneMs >= MAX_ABSENCE_MS) throw error;
    }
    await delay(waitMs, signal);
    goneMs += waitMs;
    waitMs = Math.min(waitMs * 2, MAX_RECONNECT_MS);
  }
}

/** Whether the API has removed events after the one that was seen last. */
function isForgotten(error: unknown): boolean {
  return error instanceof ClientError && error.apiCode === "requester/forgotten-events";
}

/** Runs `work` one at a time; calls that come meanwhile share one more run. */
function makeCoalesced(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let again = false;
  const run = async (): Promise<void> => {
    do {
      again = false;
      await work();
    } while (again);
  };
  return () => {
    again = true;
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}
