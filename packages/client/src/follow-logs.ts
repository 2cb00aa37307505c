import { type CallOptions, delay } from "./call-options.ts";
import { isAway } from "./client-error.ts";
import type { ApiLogFrame, LogQuery } from "./log-socket.ts";

/** How long the API may be away while logs are followed. */
const MAX_ABSENCE_MS = 60_000;
const MIN_RECONNECT_MS = 100;
const MAX_RECONNECT_MS = 2000;

/** Opens the stream anew. */
export type OpenLogs = (query: LogQuery, options: CallOptions) => AsyncIterable<ApiLogFrame>;

const STDOUT = 1;
const STDERR = 2;

/**
 * The frames of a job's logs. An API that goes away, or a connection that breaks, is waited for, and goes on where it
 * was: each stream of an execution has the same lines every time, so those that were told are left out.
 *
 * Where the logs aren't followed, and none came yet, there is nothing to go on with: then the error is thrown.
 */
export async function* followLogs(
  open: OpenLogs,
  query: LogQuery,
  { signal }: CallOptions,
): AsyncGenerator<ApiLogFrame, void, undefined> {
  const told = new LinesTold();
  let goneMs = 0;
  for (let waitMs = MIN_RECONNECT_MS; ; waitMs = Math.min(waitMs * 2, MAX_RECONNECT_MS)) {
    told.again();
    // How many lines are the last is another number now.
    const { tail, ...whole } = query;
    const next = told.any || tail === undefined ? whole : query;
    try {
      for await (const frame of open(next, { signal })) {
        goneMs = 0;
        waitMs = MIN_RECONNECT_MS;
        if (told.isNew(frame)) yield frame;
      }
      return;
    } catch (error) {
      signal?.throwIfAborted();
      const canResume = query.follow === true || told.any;
      if (!isAway(error) || !canResume || goneMs >= MAX_ABSENCE_MS) throw error;
    }
    await delay(waitMs, signal);
    goneMs += waitMs;
  }
}

/** How many lines of each stream of an execution were told, and how many came over the connection that is open. */
class LinesTold {
  readonly #told = new Map<string, number>();
  readonly #come = new Map<string, number>();

  /** Whether there is anything to go on after. */
  get any(): boolean {
    return this.#told.size > 0;
  }

  /** Another connection tells all from the beginning. */
  again(): void {
    this.#come.clear();
  }

  /** Whether `frame` is something that wasn't told. */
  isNew({ value, origin }: ApiLogFrame): boolean {
    const of = origin?.ExecutionID ?? "";
    if (origin?.Skipped !== undefined) {
      this.#count(`${of} ${STDOUT}`, origin.Skipped.Stdout);
      this.#count(`${of} ${STDERR}`, origin.Skipped.Stderr);
      return false;
    }
    return this.#count(`${of} ${value.Type}`, 1);
  }

  #count(stream: string, lines: number): boolean {
    const count = (this.#come.get(stream) ?? 0) + lines;
    this.#come.set(stream, count);
    if (count <= (this.#told.get(stream) ?? -1)) return false;
    this.#told.set(stream, count);
    return true;
  }
}
