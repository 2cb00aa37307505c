import {
  commitToDetails,
  type ExecutionState,
  hashTask,
  type Identity,
  MAX_ATTACHED_BYTES,
  type Message,
  type StatementBinding,
  signStatement,
  type Task,
  fromHex,
} from "@gadus/protocol";
import type { Block, ContentStore } from "@gadus/storage";
import type { JobTimes } from "./job-times.ts";
import type { ExecutionRecord } from "./records.ts";
import { taskOf } from "./build-task.ts";

/** What letters are written with. */
export interface LetterPorts {
  readonly identity: Identity;
  readonly content: ContentStore;
  readonly boxPublicKey: Uint8Array;
}

/** What letters of one job are written from. */
export interface LetterFacts {
  readonly tasks: TaskCache;
  readonly times: JobTimes;
}

/** The partitions' tasks of one job, and their hashes, each made once. */
export class TaskCache {
  /** That of partition 0. */
  readonly base: Task;
  readonly #tasks = new Map<number, { readonly task: Task; readonly hash: Promise<Uint8Array> }>();

  constructor(base: Task) {
    this.base = base;
  }

  task(partition: number): Task {
    return this.#entry(partition).task;
  }

  async binding(execution: ExecutionRecord, requester: string): Promise<StatementBinding> {
    const taskHash = await this.#entry(execution.partition).hash;
    return { executionId: execution.id, requester, compute: execution.nodeId, taskHash };
  }

  #entry(partition: number): { readonly task: Task; readonly hash: Promise<Uint8Array> } {
    const known = this.#tasks.get(partition);
    if (known !== undefined) return known;
    const task = taskOf(this.base, partition);
    const entry = { task, hash: hashTask(task) };
    this.#tasks.set(partition, entry);
    return entry;
  }
}

/** The message that tells an execution's node of the last thing that this requester did to it, if there is one. */
export async function writeLetter(
  execution: ExecutionRecord,
  facts: LetterFacts,
  ports: LetterPorts,
): Promise<Message | undefined> {
  const { id: executionId, failure } = execution;
  switch (execution.state) {
    case "asked":
      return ask(execution, facts, ports);
    case "accepted":
    case "running":
    case "proposed":
      return accept(execution, facts, ports);
    case "rejected":
      return { type: "reject", executionId, reason: "Other bids were chosen" };
    case "verified":
    case "refuted":
      return verdict(execution, facts, ports);
    case "failed":
    case "cancelled":
      return cancel(
        executionId,
        failure?.code ?? "requester/not-needed",
        failure?.message ?? "No longer needed",
      );
    case "offered":
    case "published":
    case "declined":
      return undefined;
  }
}

/** The message that ends an execution at its node. */
export function cancel(executionId: string, code: string, reason: string): Message {
  return { type: "cancel", executionId, code, reason: reason.slice(0, 1024) };
}

const DECIDED: Readonly<Partial<Record<ExecutionState, readonly ExecutionState[]>>> = {
  asked: [],
  offered: ["accepted", "running", "proposed", "verified", "rejected", "failed", "cancelled"],
  accepted: ["failed", "cancelled"],
  running: ["failed", "cancelled"],
  proposed: ["verified", "refuted", "failed", "cancelled"],
  verified: ["failed", "cancelled"],
};

/** Whether a node that says it is at `theirs` has missed what this requester decided since. */
export function hasMissed(theirs: ExecutionState, ours: ExecutionState): boolean {
  return DECIDED[theirs]?.includes(ours) ?? false;
}

async function ask(
  execution: ExecutionRecord,
  { tasks, times }: LetterFacts,
  ports: LetterPorts,
): Promise<Message> {
  const { terms, details } = tasks.task(execution.partition);
  return {
    type: "ask",
    executionId: execution.id,
    terms,
    commitment: await commitToDetails(details, fromHex(execution.salt)),
    boxPublicKey: ports.boxPublicKey,
    answerWithinMs: times.bidMs,
  };
}

async function accept(
  execution: ExecutionRecord,
  { tasks, times }: LetterFacts,
  ports: LetterPorts,
): Promise<Message> {
  const { terms, details } = tasks.task(execution.partition);
  const binding = await tasks.binding(execution, ports.identity.nodeId);
  return {
    type: "accept",
    executionId: execution.id,
    details,
    salt: fromHex(execution.salt),
    statement: await signStatement(ports.identity, binding, { kind: "acceptance" }),
    blocks: await attachedBlocks(terms, execution.has, ports.content),
    proposeWithinMs: times.startMs + terms.executionTimeoutMs + times.proposeMs,
  };
}

async function attachedBlocks(
  terms: Task["terms"],
  has: readonly string[],
  content: ContentStore,
): Promise<Block[]> {
  const attached: Block[] = [];
  let room = MAX_ATTACHED_BYTES;
  for (const { source } of terms.inputs) {
    const cid = source.params["cid"];
    if (source.type !== "ipfs" || typeof cid !== "string" || has.includes(cid)) continue;
    const blocks = await content.blocksOf(cid, room);
    room -= blocks?.reduce((sum, block) => sum + block.bytes.length, 0) ?? 0;
    attached.push(...(blocks ?? []));
  }
  return attached;
}

async function verdict(
  execution: ExecutionRecord,
  { tasks, times }: LetterFacts,
  ports: LetterPorts,
): Promise<Message | undefined> {
  const { id: executionId, state, proposal, failure } = execution;
  if (proposal === undefined) return undefined;
  const verified = state === "verified";
  const statement = await signStatement(
    ports.identity,
    await tasks.binding(execution, ports.identity.nodeId),
    {
      kind: "verdict",
      verified,
      digest: proposal.digest,
      cid: proposal.cid,
    },
  );
  if (verified) return { type: "verify", executionId, statement, publishWithinMs: times.publishMs };
  return { type: "refute", executionId, statement, reason: (failure?.message ?? "").slice(0, 1024) };
}
