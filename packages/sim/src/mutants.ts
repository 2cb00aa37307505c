import type { Kind } from "./scenario.ts";

/** A change of one compiled module. */
export interface Edit {
  /** As `package/module`. */
  readonly module: string;
  /** What stands there, once, and what stands there instead. */
  readonly from: string;
  readonly to: string;
}

/** A fault put into the roles on purpose, which the simulator must find. */
export interface Mutant extends Edit {
  readonly name: string;
  /** Where one change isn't enough, since something else mends it. */
  readonly also?: readonly Edit[];
  /** The kind of scenario that it shows in. @default all */
  readonly kind?: Kind;
  /** Seeds among which at least one fails. */
  readonly seeds: number;
}

/** What a mistake in the code would look like, one by one; a bug that the simulator found stays here with its mending taken away. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "a requester drops a persist: nothing is synced before it is sent",
    module: "requester/live-job",
    from: "{ durable: isPromised(draft) }",
    to: "{ durable: false }",
    seeds: 20,
  },
  {
    name: "a requester sends a verdict that isn't synced",
    module: "requester/is-promised",
    from: '"accepted", "verified", "refuted"',
    to: '"accepted"',
    seeds: 100,
  },
  {
    name: "a requester answers for a job that isn't synced",
    module: "requester/is-promised",
    from: "draft.isNew || draft.isStopped",
    to: "draft.isStopped",
    kind: "storm",
    seeds: 1000,
  },
  {
    name: "a requester answers for a stop that isn't synced",
    module: "requester/is-promised",
    from: "draft.isNew || draft.isStopped",
    to: "draft.isNew",
    kind: "storm",
    seeds: 1000,
  },
  {
    name: "a requester starts without syncing what a killed process wrote",
    module: "requester/job-desk",
    from: "await this.#ports.store.commit([], { durable: true });",
    to: "",
    kind: "storm",
    seeds: 1000,
  },
  {
    name: "a compute node drops a persist: what it proposes isn't synced before it is sent",
    module: "compute/advance",
    from: '"start", "propose", "verify"',
    to: '"start", "verify"',
    seeds: 20,
  },
  {
    name: "a compute node starts without syncing what a killed process wrote",
    module: "compute/recover",
    from: "await context.synced();",
    to: "",
    kind: "storm",
    seeds: 1000,
  },
  {
    name: "the files of a proposal aren't synced before it is sent",
    module: "compute/run-execution",
    from: ", results.sync()]",
    to: "]",
    seeds: 600,
  },
  {
    name: "files are removed before what says that they are published is synced",
    module: "compute/end-execution",
    from: "await context.synced();",
    to: "",
    seeds: 1500,
  },
  {
    name: "a retry is lost",
    module: "requester/place-partition",
    from: "job.spec.deal.concurrency + network.options.retryLimit - engaged",
    to: "job.spec.deal.concurrency - engaged",
    seeds: 100,
  },
  {
    name: "the first bids are chosen",
    module: "requester/select-bids",
    from: 'orderNodes(entries, "accept", order)',
    to: "entries.sort((a, b) => a.bid.modifiedAtMs - b.bid.modifiedAtMs)",
    kind: "odds",
    seeds: 1000,
  },
  {
    name: "a blamed node is asked again",
    module: "requester/rank-nodes",
    from: "request.blamed.has(node.nodeId)",
    to: "false",
    seeds: 100,
  },
  {
    name: "a node is asked again at once that was asked already",
    module: "requester/rank-nodes",
    from: "if (request.askedNodes.has(node.nodeId))",
    to: "if (false)",
    seeds: 100,
  },
  {
    name: "a broken connection is not suspected",
    module: "requester/expire",
    from: "lostMs === undefined || nowMs < lostMs",
    to: "true",
    seeds: 100,
  },
  {
    name: "a time-out is not kept",
    module: "requester/expire",
    from: "if (nowMs >= execution.deadlineMs)",
    to: "if (false)",
    seeds: 100,
  },
  {
    name: "what a step noted isn't taken back where it can't be stored",
    module: "requester/live-job",
    from: "undo();",
    to: "",
    seeds: 300,
  },
  {
    name: "jobs are taken beyond the limit",
    module: "requester/job-desk",
    from: "this.#jobs.size + this.#submitting >= maxLiveJobs",
    to: "false",
    seeds: 100,
  },
  {
    name: "jobs that live are compacted",
    module: "requester/clean-memory",
    from: "rows.job.closed && ",
    to: "",
    seeds: 300,
  },
  {
    name: "what was seen of a node counts twice",
    module: "requester/live-job",
    from: "const seqs = await this.#commit([...writes, ...learned]",
    to: `this.#ports.learned(learned);\n        const seqs = await this.#commit([...writes, ...learned]`,
    seeds: 20,
  },
  {
    name: "a late bid is accepted",
    module: "requester/answers",
    from: 'const state = next(execution.state, answer.type, "compute");',
    to: 'const state = answer.type === "bid" && execution.failure !== undefined ? "offered" : next(execution.state, answer.type, "compute");',
    also: [
      {
        module: "requester/live-executions",
        from: "if (isTerminal(state))",
        to: 'if (isTerminal(state) && state !== "failed")',
      },
    ],
    seeds: 300,
  },
  {
    name: "a statement's binding isn't checked",
    module: "protocol/statement",
    from: "if (wrong !== undefined)",
    to: "if (false)",
    seeds: 300,
  },
  {
    name: "a partition is judged before all have proposed",
    module: "requester/reconcile",
    from: `judge(view, running) };\n    const placement`,
    to: `judge(view, 0) };\n    const placement`,
    kind: "majority",
    seeds: 600,
  },
  {
    name: "a verdict comes early that others can still change",
    module: "verifier/judge-proposals",
    from: "tally.size > tally.secondSize + pending && tally.size >= needed",
    to: "tally.size > tally.secondSize",
    kind: "odds",
    seeds: 1000,
  },
  {
    name: "a partition is judged again",
    module: "requester/reconcile",
    from: "return partition.verdict === undefined",
    to: "return partition.completedBy === undefined",
    seeds: 100,
  },
  {
    name: "a late proposal isn't held against the verdict",
    module: "requester/reconcile",
    from: "if (agrees(verdict, execution.proposal))",
    to: "if (true)",
    seeds: 100,
  },
  {
    name: "only digests are compared",
    module: "verifier/verifier",
    from: "winner.digest === proposal.digest && winner.cid === proposal.cid",
    to: "winner.digest === proposal.digest",
    seeds: 100,
  },
  {
    name: "a publication isn't checked",
    module: "requester/check-publication",
    from: "await publisher.check(",
    to: "if (false) await publisher.check(",
    seeds: 100,
  },
  {
    name: "a result is served before its verdict",
    module: "compute/run-execution",
    from: 'return { kind: "proposed", proposal, sealed };',
    to: `await context.publishers.get(ask.terms.publisher)?.publish({ executionId: keyOf(execution.requester, execution.executionId), results, tree: proposal, params: {} }, {});\n    return { kind: "proposed", proposal, sealed };`,
    seeds: 20,
  },
  {
    name: "a stopped execution leaves what it published",
    module: "compute/end-execution",
    from: "await retractEnded(context, live.key, live.stored);",
    to: "",
    kind: "storm",
    seeds: 1000,
  },
  {
    name: "a stop that crossed a publication leaves it",
    module: "compute/handle-end",
    from: "if (isPublished && code !== NOT_KNOWN)",
    to: "if (false)",
    seeds: 600,
  },
  {
    name: "a publication is told of once",
    module: "compute/sync",
    from: "context.unconfirmed.of(requester)",
    to: "[]",
    seeds: 600,
  },
  {
    name: "a requester tells nobody how executions ended that they speak of",
    module: "requester/job-desk",
    from: "this.#ended.tell(from, ended);",
    to: "",
    seeds: 600,
  },
  {
    name: "a requester doesn't heal",
    module: "requester/job-desk",
    from: "this.#heal(from, message.executions);",
    to: ";",
    seeds: 300,
  },
  {
    name: "a compute node doesn't heal",
    module: "compute/intake",
    from: "return handleSync(context, from, message);",
    to: "return Promise.resolve();",
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
    name: "a reservation has no lease",
    module: "compute/handle-ask",
    from: "armDeadline(context, live);",
    to: "",
    kind: "majority",
    seeds: 300,
  },
  {
    name: "runs aren't limited by what there is",
    module: "compute/capacity",
    from: "if (!fitsIn(plus(head.counted, this.#used), this.total))",
    to: "if (false)",
    seeds: 100,
  },
  {
    name: "memory isn't counted",
    module: "compute/resources",
    from: "memoryBytes: join(a.memoryBytes, b.memoryBytes)",
    to: "memoryBytes: 0",
    seeds: 100,
  },
  {
    name: "reservations aren't capped for each requester",
    module: "compute/bid",
    from: "load.offeredToRequester >= options.reservationsPerRequester",
    to: "false",
    seeds: 100,
  },
  {
    name: "the queue has no limit",
    module: "compute/capacity",
    from: "this.#counts.offered + this.#counts.queued < this.queueLimit",
    to: "true",
    seeds: 100,
  },
  {
    name: "a step never ends",
    module: "requester/live-job",
    from: "while (this.#changes.length > 0 && !this.#stopped)",
    to: "while (!this.#stopped)",
    seeds: 1,
  },
];
