import { type ExecutionState, isTerminal, type Message, type Party, TRANSITIONS } from "@gadus/protocol";
import type { ComputeWrite } from "@gadus/compute";
import type { ExecutionRecord, PartitionRecord, RequesterWrite } from "@gadus/requester";

/** A rule that was broken. */
export interface Violation {
  readonly atMs: number;
  /** Short, and the same for every break of one rule. */
  readonly rule: string;
  readonly text: string;
}

/** What is known of one execution at one party. */
interface Known {
  readonly state: ExecutionState;
  readonly revision: number;
}

/** What executions take of a machine, as far as it is scarce. */
export interface Room {
  readonly cpuMillis: number;
  readonly memoryMib: number;
}

/** How much a node may promise. */
export interface PlaceLimits {
  readonly queueLimit: number;
  readonly reservations: number;
}

/** What one node's disk holds, as far as rules ask. */
interface Books {
  /** Of a requester, those that aren't closed. */
  readonly openJobs: Set<string>;
  /** Of a compute node, those that haven't ended. */
  readonly live: Map<string, Known>;
  readonly written: Map<string, Known>;
  readonly synced: Map<string, ExecutionState>;
  /** What may be written once and never differently, by its name. */
  readonly fixed: Map<string, string>;
}

/** What a party must have stored, so that a power loss can't take it, before it says this. */
const DURABLE_BEFORE: Readonly<Partial<Record<Message["type"], ExecutionState>>> = {
  ask: "asked",
  accept: "accepted",
  verify: "verified",
  refute: "refuted",
  bid: "offered",
  start: "running",
  progress: "running",
  propose: "proposed",
};

/** How a verdict without a winner is written down. */
const EACH_ITS_OWN = "each its own";
/** A node that refused isn't asked for the same partition again before; the roles wait longer. */
const REASK_MS = 150;

/** Every state that can be reached from one by some arrows, itself included. */
const REACHABLE = new Map<ExecutionState, ReadonlySet<ExecutionState>>(
  (Object.keys(TRANSITIONS) as ExecutionState[]).map((state) => [state, reach(state)]),
);

/**
 * The rules that hold after every event, whatever fails and whoever lies.
 *
 * It hears what is written to the disks of honest nodes and what they say, and keeps its own books.
 */
export class Checks {
  readonly violations: Violation[] = [];
  readonly #nowMs: () => number;
  readonly #owners = new Map<string, string>();
  readonly #told = new Map<string, string>();
  readonly #books = new Map<string, Books>();
  readonly #jumped = new Set<string>();
  readonly #running = new Map<string, Set<Room>>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  fail(rule: string, text: string): void {
    this.violations.push({ atMs: this.#nowMs(), rule, text });
  }

  /** A requester wrote a batch. */
  requesterWrote(requester: string, writes: readonly RequesterWrite[], maxLiveJobs: number): void {
    const { openJobs } = this.#booksOf(requester);
    for (const write of writes) {
      if (write.kind === "job") {
        const { jobId, status, closed } = write.job;
        if (closed) openJobs.delete(jobId);
        else openJobs.add(jobId);
        if (openJobs.size > maxLiveJobs)
          this.fail("no more jobs than may be", `${requester} has ${openJobs.size}, of ${maxLiveJobs}`);
        this.#one("one custodian a job", this.#owners, jobId, requester);
        if (["Completed", "Failed", "Stopped"].includes(status)) {
          this.#one("a job's end is never revised", this.#booksOf(requester).fixed, jobId, status);
        } else if (closed) this.fail("a closed job has ended", `${jobId} is ${status}`);
      } else if (write.kind === "partition") this.#partitionWritten(requester, write.partition);
      else if (write.kind === "execution") this.#executionWritten(requester, write.execution);
    }
    for (const write of writes)
      if (write.kind === "execution") this.#checkVerdict(requester, write.execution);
  }

  /** A node's clock was put forward or back: what it waits for may be over early. */
  jumped(node: string): void {
    this.#jumped.add(node);
  }

  /** A compute node wrote a batch. */
  computeWrote(node: string, writes: readonly ComputeWrite[], limits: PlaceLimits): void {
    const { live } = this.#booksOf(node);
    for (const write of writes) {
      if (write.kind !== "execution") continue;
      const { requester, executionId, state, revision } = write.execution;
      const key = `${requester}/${executionId}`;
      this.#moved(node, key, { state, revision }, "compute");
      if (isTerminal(state)) live.delete(key);
      else live.set(key, { state, revision });
    }
    for (const write of writes)
      if (write.kind === "execution") this.#checkPlaces(node, write.execution.requester, limits);
  }

  /** What a node wrote last may have been taken back by a power loss: what is left is told again. */
  reset(node: string): void {
    this.#books.delete(node);
  }

  /** What survives a power loss at a node from now on. */
  synced(node: string, batches: readonly (readonly (RequesterWrite | ComputeWrite)[])[]): void {
    const { synced: states } = this.#booksOf(node);
    for (const write of batches.flat()) {
      if (write.kind !== "execution") continue;
      const { execution } = write;
      if ("id" in execution) states.set(execution.id, execution.state);
      else states.set(`${execution.requester}/${execution.executionId}`, execution.state);
    }
  }

  /** An honest node sends. */
  sent(from: string, to: string, message: Message, party: Party): void {
    if (message.type === "sync" && party === "requester") {
      // A node speaks no more of a publication that was confirmed.
      const taken = message.executions.filter(({ state }) => state === "published");
      for (const { id } of taken) this.#checkSynced(from, "confirmation", id, "published");
    }
    const needed = DURABLE_BEFORE[message.type];
    if (needed === undefined || !("executionId" in message)) return;
    const key = party === "requester" ? message.executionId : `${to}/${message.executionId}`;
    if (message.type === "verify" || message.type === "refute") {
      this.#one("one verdict an execution", this.#told, `${from}/${key}`, message.type);
    }
    this.#checkSynced(from, message.type, key, needed);
  }

  #checkSynced(from: string, said: string, key: string, needed: ExecutionState): void {
    const state = this.#booksOf(from).synced.get(key);
    if (state !== undefined && REACHABLE.get(needed)?.has(state) === true) return;
    const stored = state ?? "nothing";
    this.fail("durable before sent", `${from} sends ${said} of ${key}, and only ${stored} is synced`);
  }

  /** A node runs something that takes so much of what it has; `end` says that nothing of it runs any more. */
  runs(node: string, taken: Room, limit: Room): { end(): void } {
    const running = this.#running.get(node) ?? new Set();
    this.#running.set(node, running.add(taken));
    for (const kind of ["cpuMillis", "memoryMib"] as const) {
      const used = [...running].reduce((sum, each) => sum + each[kind], 0);
      if (used > limit[kind])
        this.fail("capacity never exceeded", `${node} runs ${used} ${kind} of ${limit[kind]}`);
    }
    return {
      end() {
        running.delete(taken);
      },
    };
  }

  /** A node's process ended: nothing of it runs. */
  stoppedRunning(node: string): void {
    this.#running.delete(node);
  }

  /** How many places a node has promised to a requester, and how many wait, by what it wrote. */
  #checkPlaces(node: string, requester: string, { queueLimit, reservations }: PlaceLimits): void {
    let [offered, waiting] = [0, 0];
    for (const [key, { state }] of this.#booksOf(node).live) {
      if (state === "accepted") waiting += 1;
      if (state === "offered" && key.startsWith(`${requester}/`)) offered += 1;
    }
    if (waiting > queueLimit)
      this.fail("the queue is bounded", `${waiting} wait at ${node}, and ${queueLimit} may`);
    if (offered > reservations) {
      const limit = `${offered} for ${requester}, and ${reservations} may be`;
      this.fail("reservations are capped for each requester", `${node} holds ${limit}`);
    }
  }

  #partitionWritten(requester: string, { jobId, index, verdict }: PartitionRecord): void {
    if (verdict === undefined) return;
    const { winner, counted } = verdict;
    const said = `${winner?.digest ?? EACH_ITS_OWN} ${winner?.cid ?? ""} of ${counted}`;
    const { fixed } = this.#booksOf(requester);
    this.#one("one verdict a partition, never revised", fixed, `${jobId}/${index}`, said);
  }

  #executionWritten(requester: string, execution: ExecutionRecord): void {
    const { id, nodeId, jobId, partition, state, revision, engaged, proposal, publication } = execution;
    const { fixed } = this.#booksOf(requester);
    this.#one("an execution stays on its node", fixed, id, nodeId);
    this.#checkAsking(requester, execution);
    if (engaged) this.#one("never twice on a node", fixed, `${jobId}/${partition}@${nodeId}`, id);
    this.#moved(requester, id, { state, revision }, "requester");
    if (proposal !== undefined && !isAbout(proposal.statement.payload, id, nodeId)) {
      this.fail("a proposal is its execution's own", `${id} of ${nodeId} holds another's proposal`);
    }
    const cid = publication?.params["cid"];
    if (execution.retrievable === true && cid !== proposal?.cid) {
      this.fail("the published CID is the verified one", `${id} published ${String(cid)}`);
    }
  }

  /** A node that is to blame for a failure of a job isn't asked for that job again, and one that refused not at once. */
  #checkAsking(requester: string, execution: ExecutionRecord): void {
    const { id, jobId, partition, nodeId, state, failure, createdAtMs, modifiedAtMs } = execution;
    const { fixed } = this.#booksOf(requester);
    const [blame, end] = [`${jobId} blames ${nodeId}`, `${jobId}/${partition} had no place at ${nodeId}`];
    const isNew = !fixed.has(`${id} is known`);
    fixed.set(`${id} is known`, "");
    if (isNew && fixed.has(blame)) this.fail("a blamed node isn't asked again", `${id}, though ${blame}`);
    const isSoon = createdAtMs < Number(fixed.get(end) ?? 0) + REASK_MS;
    if (isNew && isSoon && !this.#jumped.has(requester))
      this.fail("a refusal is heeded", `${id}, though ${end}`);
    if (failure?.blame === "node") fixed.set(blame, "");
    if (state === "declined") fixed.set(end, String(modifiedAtMs));
  }

  /** What is verified is what the partition's verdict says, from the first moment. */
  #checkVerdict(requester: string, { id, jobId, partition, state, proposal }: ExecutionRecord): void {
    const said = this.#booksOf(requester).fixed.get(`${jobId}/${partition}`);
    if (state !== "verified" || said?.startsWith(EACH_ITS_OWN) === true) return;
    const own = `${proposal?.digest} ${proposal?.cid} `;
    if (said?.startsWith(own) !== true)
      this.fail("what is verified agrees with the verdict", `${id} is ${own}, and the verdict ${said}`);
  }

  #moved(node: string, key: string, to: Known, party: Party): void {
    const { written } = this.#booksOf(node);
    const from = written.get(key);
    written.set(key, to);
    const first = party === "requester" ? "asked" : "offered";
    const start = from?.state ?? first;
    // A requester writes one step of a job at once, which may be several arrows.
    if (
      REACHABLE.get(start)?.has(to.state) !== true ||
      (from !== undefined && isTerminal(start) && start !== to.state)
    ) {
      this.fail("no illegal transition", `${key} at ${node}: ${start} to ${to.state}`);
    }
  }

  #booksOf(node: string): Books {
    const books = this.#books.get(node) ?? {
      openJobs: new Set(),
      live: new Map(),
      written: new Map(),
      synced: new Map(),
      fixed: new Map(),
    };
    this.#books.set(node, books);
    return books;
  }

  #one(rule: string, book: Map<string, string>, key: string, value: string): void {
    const known = book.get(key);
    if (known === undefined) book.set(key, value);
    else if (known !== value) this.fail(rule, `${key}: ${known}, then ${value}`);
  }
}

function isAbout(payload: Uint8Array, executionId: string, nodeId: string): boolean {
  const text = Buffer.from(payload).toString("latin1");
  return text.includes(executionId) && text.includes(nodeId);
}

function reach(from: ExecutionState): ReadonlySet<ExecutionState> {
  const found = new Set<ExecutionState>([from]);
  for (const state of found) for (const arrow of Object.values(TRANSITIONS[state])) found.add(arrow.to);
  return found;
}
