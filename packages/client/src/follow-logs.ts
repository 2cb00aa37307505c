import { type CallOptions, delay } from "./call-options.ts";
import { isAway } from "./client-error.ts";
import type { ApiLogFrame, LogQuery } from "./log-socket.ts";

/** How long the API may be away while logs are followed. */
const MAX_ABSENCE_MS = 60_000;
const MIN_RECONNECT_MS = 100;
const MAX_RECONNECT_MS = 2000;

/** Opens the stream anew. */
export type OpenLogs = (query: LogQuery, options: CallOptions) => AsyncIterable<ApiLogFrame>;

/**
 * The frames of a job's logs. Where they are followed, an API that goes away is waited for, and goes on where it was:
 * each stream of an execution has the same lines every time. After a `tail` nobody knows where that is.
 */
export async function* followLogs(
  open: OpenLogs,
  query: LogQuery,
  { signal }: CallOptions,
): AsyncGenerator<ApiLogFrame, void, undefined> {
  const told = new Map<string, number>();
  let goneMs = 0;
  for (let waitMs = MIN_RECONNECT_MS; ; waitMs = Math.min(waitMs * 2, MAX_RECONNECT_MS)) {
    const now = new Map<string, number>();
    try {
      for await (const frame of open(query, { signal })) {
        goneMs = 0;
        waitMs = MIN_RECONNECT_MS;
        const stream = `${frame.origin?.ExecutionID ?? ""} ${frame.value.Type}`;
        const count = (now.get(stream) ?? 0) + 1;
        now.set(stream, count);
        if (count <= (told.get(stream) ?? 0)) continue;
        told.set(stream, count);
        yield frame;
      }
      return;
    } catch (error) {
      signal?.throwIfAborted();
      const canResume = query.follow === true && query.tail === undefined;
      if (!isAway(error) || !canResume || goneMs >= MAX_ABSENCE_MS) throw error;
    }
    await delay(waitMs, signal);
    goneMs += waitMs;
  }
}
