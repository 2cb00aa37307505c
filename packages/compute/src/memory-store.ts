import { ComputeError } from "./compute-error.ts";
import type { ExecutionEventRecord, ExecutionRecord, StoredExecution } from "./records.ts";
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
    async *live(endedSinceMs, options = {}) {
      for (const stored of executions.values()) {
        options.signal?.throwIfAborted();
        const { endedAtMs } = stored.execution;
        if (endedAtMs === undefined || endedAtMs >= endedSinceMs) yield stored;
      }
    },
    async get(requester, executionId) {
      return executions.get(keyOf(requester, executionId));
    },
    async events(query) {
      return events.filter((event) => matches(event, query)).slice(0, query.limit);
    },
    async removeEnded(bounds) {
      const removed = tooOld([...executions.values()], bounds).map((execution) =>
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

function tooOld(all: readonly StoredExecution[], bounds: EndedBounds): ExecutionRecord[] {
  const ended = all
    .flatMap(({ execution }) =>
      execution.endedAtMs === undefined ? [] : [{ execution, at: execution.endedAtMs }],
    )
    .sort((a, b) => a.at - b.at);
  const surplus = ended.length - bounds.keep;
  return ended
    .filter(({ at }, index) => at < bounds.beforeMs || index < surplus)
    .slice(0, bounds.limit)
    .map(({ execution }) => execution);
}
