import type { ComputeWrite } from "@gadus/compute";
import type { ExecutionRecord, PartitionRecord, RequesterWrite } from "@gadus/requester";
import type { Coverage, Happening } from "./coverage.ts";
import type { Lie, RequesterPart } from "./scenario.ts";

/** What a refutation, a refusal or a time-out of each liar shows. */
const REFUTED: Readonly<Partial<Record<Lie, Happening>>> = {
  "wrong-result": "wrong result refuted",
  agreeing: "agreeing refuted",
  "not-run": "not-run refuted",
  "other-cid": "other-cid refuted",
};

/** What a failure's code shows, whoever failed. */
const CODES: Readonly<Record<string, Happening>> = {
  "compute/queue-full": "queue full",
  "compute/too-many-reservations": "reservations capped",
  "compute/input-unavailable": "input missing at node",
  "storage/not-readable": "input broken",
  "requester/node-lost": "node given up",
  "requester/lost-execution": "execution lost",
};

/** Sees in what is written which of the things really happen that the simulator is for. */
export class Witness {
  readonly #coverage: Coverage;
  readonly #lies: ReadonlyMap<string, Lie | undefined>;
  readonly #executions = new Map<string, ExecutionRecord>();
  readonly #partitions = new Map<string, PartitionRecord>();
  readonly #asked = new Set<string>();
  readonly #failed = new Set<string>();
  readonly #stopped = new Set<string>();

  constructor(coverage: Coverage, lies: ReadonlyMap<string, Lie | undefined>) {
    this.#coverage = coverage;
    this.#lies = lies;
  }

  requesterWrote({ cheat }: RequesterPart, writes: readonly RequesterWrite[]): void {
    for (const write of writes) {
      if (write.kind === "execution") this.#sawExecution(write.execution, cheat !== undefined);
      else if (write.kind === "job") {
        const { jobId, waiting, failure, status } = write.job;
        if (waiting !== undefined) this.#coverage.hit("job waited for nodes");
        if (failure?.code === "requester/not-runnable") this.#coverage.hit("input missing at requester");
        if (status === "Stopped" && !this.#stopped.has(jobId)) this.#coverage.hit("job stopped");
        if (status === "Stopped") this.#stopped.add(jobId);
      }
    }
    for (const write of writes) if (write.kind === "partition") this.#sawPartition(write.partition);
  }

  computeWrote(writes: readonly ComputeWrite[]): void {
    const last = writes.findLast((write) => write.kind === "execution");
    if (last?.execution.state === "accepted") this.#coverage.hit("waited in a queue");
    const isAgain = writes.some((write) => write.kind === "event" && write.event.message === "Started again");
    if (isAgain) this.#coverage.hit("run again after a restart");
  }

  #sawPartition(partition: PartitionRecord): void {
    const key = `${partition.jobId}/${partition.index}`;
    const before = this.#partitions.get(key);
    if (before !== undefined && partition.target > before.target)
      this.#coverage.hit("more asked for a verdict");
    this.#partitions.set(key, partition);
  }

  #sawExecution(execution: ExecutionRecord, isCheated: boolean): void {
    const { id, jobId, partition, nodeId, state, failure } = execution;
    const before = this.#executions.get(id);
    this.#executions.set(id, execution);
    const place = `${jobId}/${partition}`;
    if (before === undefined) {
      if (this.#asked.has(`${place}@${nodeId}`)) this.#coverage.hit("node asked again");
      this.#asked.add(`${place}@${nodeId}`);
    }
    if (execution.retrievable === false && before?.retrievable === undefined) this.#sawBadPublication(nodeId);
    if (state === before?.state) return;
    if (state === "accepted" && this.#failed.has(place)) this.#coverage.hit("placed again after a failure");
    if (state === "failed" && execution.engaged) this.#failed.add(place);
    if (state === "verified" || state === "refuted") this.#sawJudged(execution, isCheated);
    if (state === "failed" || state === "declined") this.#sawFailure(nodeId, failure?.code ?? "");
  }

  #sawJudged({ jobId, partition, nodeId, state }: ExecutionRecord, isCheated: boolean): void {
    // A verdict of before: what is written together with one is seen after it.
    if (this.#partitions.get(`${jobId}/${partition}`)?.verdict !== undefined) {
      this.#coverage.hit("late proposal judged by the verdict");
    }
    if (state !== "refuted") return;
    const lie = this.#lies.get(nodeId);
    const happening = lie && REFUTED[lie];
    if (happening !== undefined) this.#coverage.hit(happening);
    if (lie === undefined && isCheated) this.#coverage.hit("right result refuted by a cheat");
  }

  #sawFailure(nodeId: string, code: string): void {
    const lie = this.#lies.get(nodeId);
    const happening = CODES[code];
    if (happening !== undefined) this.#coverage.hit(happening);
    if (lie === "copied-proposal" && code.startsWith("verifier/"))
      this.#coverage.hit("copied proposal refused");
    if (lie === "replayed-proposal" && code.startsWith("verifier/"))
      this.#coverage.hit("replayed proposal refused");
    if (lie === "silent" && code === "requester/timed-out") this.#coverage.hit("silence timed out");
  }

  #sawBadPublication(nodeId: string): void {
    const lie = this.#lies.get(nodeId);
    if (lie === "publishes-other") this.#coverage.hit("other bytes found out");
    if (lie === "publishes-nothing") this.#coverage.hit("no bytes found out");
  }
}
