import type { ExecutionRecord, Outcome, RequesterWrite } from "@gadus/requester";

const LATE: ReadonlySet<string> = new Set([
  "requester/no-answer",
  "requester/timed-out",
  "requester/node-lost",
]);

/** Counts what one requester's disk tells of nodes, batch by batch, from the states that executions come to. */
export class OutcomeBook {
  readonly #executions = new Map<string, ExecutionRecord>();
  readonly #counts = new Map<string, number>();

  /** By node and outcome, with a space between. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  wrote(writes: readonly RequesterWrite[]): void {
    for (const write of writes) {
      if (write.kind !== "execution") continue;
      const { execution } = write;
      const outcome = outcomeOf(this.#executions.get(execution.id), execution);
      this.#executions.set(execution.id, execution);
      if (outcome === undefined) continue;
      const key = `${execution.nodeId} ${outcome}`;
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    }
  }

  /** The disk was set back: what is left on it is told again. */
  reset(): void {
    this.#executions.clear();
    this.#counts.clear();
  }
}

function outcomeOf(
  before: ExecutionRecord | undefined,
  { state, failure, retrievable }: ExecutionRecord,
): Outcome | undefined {
  const isNew = before?.state !== state;
  if (isNew && (state === "verified" || state === "refuted")) return state;
  const isBad = retrievable === false && before?.retrievable !== false;
  if (failure === undefined || !((isNew && state === "failed") || isBad)) return undefined;
  if (LATE.has(failure.code)) return "late";
  return failure.blame === "node" ? "failed" : undefined;
}
