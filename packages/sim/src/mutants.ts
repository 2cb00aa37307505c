/** A fault put into the roles on purpose, which the simulator must find. */
export interface Mutant {
  readonly name: string;
  /** The compiled module, as `package/module`. */
  readonly module: string;
  /** What stands there, once, and what stands there instead. */
  readonly from: string;
  readonly to: string;
  /** Seeds among which at least one fails. */
  readonly seeds: number;
}

/** What a mistake in the code would look like, one by one; a bug that the simulator found stays here with its mending taken away. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "a requester drops a persist: asks, acceptances and verdicts aren't synced before they are sent",
    module: "requester/live-job",
    from: "{ durable: isPromised(draft) }",
    to: "{ durable: false }",
    seeds: 20,
  },
  {
    name: "a compute node drops a persist: what it proposes isn't synced before it is sent",
    module: "compute/advance",
    from: '"start", "propose", "verify"',
    to: '"start", "verify"',
    seeds: 20,
  },
  {
    name: "a late bid is accepted",
    module: "requester/answers",
    from: 'const state = next(execution.state, answer.type, "compute");',
    to: 'const state = answer.type === "bid" && execution.failure !== undefined ? "offered" : next(execution.state, answer.type, "compute");',
    seeds: 200,
  },
  {
    name: "a statement's binding isn't checked",
    module: "protocol/statement",
    from: "if (wrong !== undefined)",
    to: "if (false)",
    seeds: 300,
  },
  {
    name: "a reservation leaks when a bid is rejected",
    module: "compute/end-execution",
    from: "context.capacity.release(live.key);",
    to: 'if (live.stored.execution.state !== "rejected") context.capacity.release(live.key);',
    seeds: 20,
  },
  {
    name: "a retry is lost",
    module: "requester/place-partition",
    from: "job.spec.deal.concurrency + network.options.retryLimit - engaged",
    to: "job.spec.deal.concurrency - engaged",
    seeds: 200,
  },
  {
    name: "the first bids are chosen",
    module: "requester/select-bids",
    from: 'orderNodes(entries, "accept", order)',
    to: "entries.sort((a, b) => a.bid.modifiedAtMs - b.bid.modifiedAtMs)",
    seeds: 600,
  },
];
