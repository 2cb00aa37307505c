import { ComputeError } from "./compute-error.ts";
import type { EndedExecution, ExecutionEventRecord, StoredExecution } from "./records.ts";
import type { ComputeStore, ComputeWrite, EndedBounds, ExecutionEventQuery } from "./store.ts";

/** A store that forgets everything when its process ends: for tests and simulation. */
export function createMemoryComputeStore(): ComputeStore {
  const executions = new Map<string, StoredExecution>();
  let events: ExecutionEventRecord[] = [];
  let lastSeq = 0;

  function apply(writes: readonly ComputeWrite[]): number[] {
    const changed = new Map<string, StoredExecution>();
    for (const write of writes) {
      if (write.kind !== "execution") continue;
      const key = keyOf(write.execution.requester, write.execution.executionId);
      changed.set(key, replace(changed.get(key) ?? executions.get(key), write));
    }
    for (const [key, stored] of changed) executions.set(key, stored);
    return writes.flatMap((write) => {
      if (write.kind !== "event") return [];
      lastSeq += 1;
      events.push({ ...write.event, seq: lastSeq });
      return [lastSeq];
    });
  }

  return {
    async commit(writes) {
      return apply(writes);
    },
    async *live(options = {}) {
      for (const stored of executions.values()) {
        options.signal?.throwIfAborted();
        if (stored.execution.endedAtMs === undefined) yield stored;
      }
    },
    async ended({ sinceMs, limit }) {
      const found = endedOf([...executions.values()]).filter(({ endedAtMs }) => endedAtMs >= sinceMs);
      return found.slice(Math.max(0, found.length - limit));
    },
    async get(requester, executionId) {
      return executions.get(keyOf(requester, executionId));
    },
    async events(query) {
      return events.filter((event) => matches(event, query)).slice(0, query.limit);
    },
    async removeEnded(bounds) {
      const removed = tooOld(endedOf([...executions.values()]), bounds).map((execution) =>
        keyOf(execution.requester, execution.executionId),
      );
      const gone = new Set(removed);
      for (const key of removed) executions.delete(key);
      if (gone.size > 0) {
        events = events.filter((event) => !gone.has(keyOf(event.requester, event.executionId)));
      }
      return gone.size;
    },
  };
}

function keyOf(requester: string, executionId: string): string {
  return `${requester}\n${executionId}`;
}

function replace(
  current: StoredExecution | undefined,
  write: Extract<ComputeWrite, { kind: "execution" }>,
): StoredExecution {
  const { execution } = write;
  const ask = current?.ask ?? write.ask;
  const expected = (current?.execution.revision ?? 0) + 1;
  if (execution.revision === expected && ask !== undefined) {
    return { execution, ask, acceptance: current?.acceptance ?? write.acceptance };
  }
  const state =
    execution.revision === expected ? "it is new and comes without its ask" : `revision ${expected} is next`;
  const what = `revision ${execution.revision} of execution "${execution.executionId}"`;
  throw new ComputeError("compute/stale-write", `Cannot write ${what}: ${state}`);
}

function matches(event: ExecutionEventRecord, query: ExecutionEventQuery): boolean {
  return (
    event.seq > query.afterSeq &&
    (query.requester === undefined || event.requester === query.requester) &&
    (query.executionId === undefined || event.executionId === query.executionId)
  );
}

function endedOf(all: readonly StoredExecution[]): readonly EndedExecution[] {
  return all
    .flatMap(({ execution: { requester, executionId, state, endedAtMs } }) =>
      endedAtMs === undefined ? [] : [{ requester, executionId, state, endedAtMs }],
    )
    .sort((a, b) => a.endedAtMs - b.endedAtMs);
}

function tooOld(ended: readonly EndedExecution[], bounds: EndedBounds): readonly EndedExecution[] {
  const surplus = ended.length - bounds.keep;
  return ended
    .filter(({ endedAtMs }, index) => endedAtMs < bounds.beforeMs || index < surplus)
    .slice(0, bounds.limit);
}
