import {
  commitToDetails,
  hashTask,
  type Message,
  type MessageOf,
  type MessageType,
  signStatement,
  type StatementContent,
  type TaskDetails,
  type TaskTerms,
} from "@gadus/protocol";
import type { Transport } from "@gadus/transport";
import type { OpenedProposal, Verifier } from "@gadus/verifier";
import type { TestClock } from "./test-clock.ts";

export const CAPACITY = { cpuMillis: 2000, memoryBytes: 2048, diskBytes: 1 << 20, gpus: 0 };

/** Details of a task that takes ten seconds. */
export const LONG = { engineParams: { stdout: "late\n", exitCode: 0, durationMs: 10_000 } };
/** Terms of a task of which a node with one core runs one at a time. */
export const ONE_CORE = { resources: { cpuMillis: 1000, memoryBytes: 0, diskBytes: 0, gpus: 0 } };

/** Terms of a job that the tests' node takes. */
export function makeTerms(change: Partial<TaskTerms> = {}): TaskTerms {
  return {
    jobId: "j-1",
    jobType: "batch",
    partition: 0,
    partitionCount: 1,
    engine: "noop",
    profile: "noop/0",
    inputs: [],
    resources: { cpuMillis: 1000, memoryBytes: 1024, diskBytes: 1024, gpus: 0 },
    network: { type: "none", domains: [] },
    verifier: "deterministic",
    publisher: "memory",
    executionTimeoutMs: 60_000,
    priority: 0,
    ...change,
  };
}

export function makeDetails(change: Partial<TaskDetails> = {}): TaskDetails {
  return {
    name: "main",
    engineParams: { stdout: "hello\n", exitCode: 0, durationMs: 0 },
    mounts: [],
    resultPaths: [],
    environment: { GADUS_JOB_ID: "j-1" },
    publisherParams: {},
    epochMs: 0,
    seed: new Uint8Array(32),
    ...change,
  };
}

const SALT = new Uint8Array(32).fill(7);

/** A requester whose every message a test writes by hand. */
export class TestRequester {
  readonly inbox: Message[] = [];
  readonly nodeId: string;
  readonly #transport: Transport;
  readonly #clock: TestClock;
  readonly #verifier: Verifier;
  readonly #boxPublicKey: Uint8Array;
  readonly #compute: string;
  readonly #tasks = new Map<string, { terms: TaskTerms; details: TaskDetails }>();

  constructor(parts: {
    transport: Transport;
    clock: TestClock;
    verifier: Verifier;
    boxPublicKey: Uint8Array;
    compute: string;
  }) {
    this.#transport = parts.transport;
    this.#clock = parts.clock;
    this.#verifier = parts.verifier;
    this.#boxPublicKey = parts.boxPublicKey;
    this.#compute = parts.compute;
    this.nodeId = parts.transport.identity.nodeId;
    parts.transport.on({ message: (_, message) => this.inbox.push(message) });
  }

  async ask(
    executionId: string,
    terms: Partial<TaskTerms> = {},
    details: Partial<TaskDetails> = {},
  ): Promise<void> {
    const task = { terms: makeTerms(terms), details: makeDetails(details) };
    this.#tasks.set(executionId, task);
    await this.send({
      type: "ask",
      executionId,
      terms: task.terms,
      commitment: await commitToDetails(task.details, SALT),
      boxPublicKey: this.#boxPublicKey,
      answerWithinMs: 5000,
    });
  }

  async accept(executionId: string, change: Partial<MessageOf<"accept">> = {}): Promise<void> {
    const { details } = this.#task(executionId);
    await this.send({
      type: "accept",
      executionId,
      details,
      salt: SALT,
      statement: await this.sign(executionId, { kind: "acceptance" }),
      blocks: [],
      proposeWithinMs: 120_000,
      ...change,
    });
  }

  /** Gives a verdict on the execution's last proposal, or on `change` of it. */
  async verify(
    executionId: string,
    change: { digest?: string; cid?: string; verified?: boolean } = {},
  ): Promise<void> {
    const { digest, cid } = await this.proposal(executionId);
    const content = { kind: "verdict" as const, verified: true, digest, cid, ...change };
    await this.send({
      type: "verify",
      executionId,
      statement: await this.sign(executionId, content),
      publishWithinMs: 60_000,
    });
  }

  async refute(
    executionId: string,
    change: { digest?: string; cid?: string; verified?: boolean } = {},
  ): Promise<void> {
    const { digest, cid } = await this.proposal(executionId);
    const content = { kind: "verdict" as const, verified: false, digest, cid, ...change };
    const statement = await this.sign(executionId, content);
    await this.send({ type: "refute", executionId, statement, reason: "the others say otherwise" });
  }

  async reject(executionId: string): Promise<void> {
    await this.send({ type: "reject", executionId, reason: "not needed" });
  }

  async cancel(executionId: string, code = "requester/stopped-by-owner"): Promise<void> {
    await this.send({ type: "cancel", executionId, code, reason: "stopped" });
  }

  /** What the node says the execution printed, from `fromBytes` on; a failure is its code. */
  async logs(executionId: string, { fromBytes = 0, follow = false } = {}): Promise<string> {
    let text = "";
    for await (const frame of this.#transport.openLogs(this.#compute, { executionId, fromBytes, follow })) {
      text +=
        frame.type === "fail" ? frame.code : `${frame.stream}: ${new TextDecoder().decode(frame.bytes)}`;
    }
    return text;
  }

  async send(message: Message): Promise<void> {
    await this.#transport.send(this.#compute, message);
  }

  /** Signs about the execution's task, as `about` changes it. */
  async sign(
    executionId: string,
    content: StatementContent,
    about: { executionId?: string; compute?: string } = {},
  ) {
    const taskHash = await hashTask(this.#task(executionId));
    const binding = { executionId, requester: this.nodeId, compute: this.#compute, taskHash, ...about };
    return signStatement(this.#transport.identity, binding, content);
  }

  /** The execution's last proposal, opened. */
  async proposal(executionId: string): Promise<OpenedProposal["proposal"]> {
    const { sealed } = this.last("propose", executionId);
    const { boxPublicKey } = this.last("bid", executionId);
    const taskHash = await hashTask(this.#task(executionId));
    const binding = { executionId, requester: this.nodeId, compute: this.#compute, taskHash };
    return (await this.#verifier.open(sealed, { binding, boxPublicKey })).proposal;
  }

  /** Every message of `type` about the execution. */
  all<T extends MessageType>(type: T, executionId: string): readonly MessageOf<T>[] {
    return this.inbox.filter(
      (message): message is MessageOf<T> =>
        message.type === type && "executionId" in message && message.executionId === executionId,
    );
  }

  last<T extends MessageType>(type: T, executionId: string): MessageOf<T> {
    const message = this.all(type, executionId).at(-1);
    if (message === undefined) throw new Error(`no ${type} of ${executionId}`);
    return message;
  }

  /** Waits until there are `count` messages of `type` about the execution; answers the last. */
  async receives<T extends MessageType>(type: T, executionId: string, count = 1): Promise<MessageOf<T>> {
    await this.#clock.until(
      `${count} ${type} of ${executionId} among ${this.types(executionId).join(", ")}`,
      () => {
        return this.all(type, executionId).length >= count;
      },
    );
    return this.last(type, executionId);
  }

  /** The types of all messages about the execution, in order. */
  types(executionId: string): readonly string[] {
    return this.inbox
      .filter((message) => "executionId" in message && message.executionId === executionId)
      .map((message) => message.type);
  }

  /** Asks, and goes along until the execution is in `state`. */
  async bring(
    executionId: string,
    state: "offered" | "running" | "proposed" | "published",
    terms: Partial<TaskTerms> = {},
    details: Partial<TaskDetails> = {},
  ): Promise<void> {
    await this.ask(executionId, terms, details);
    await this.receives("bid", executionId);
    if (state === "offered") return;
    await this.accept(executionId);
    await this.receives("start", executionId);
    if (state === "running") return;
    await this.receives("propose", executionId);
    if (state === "proposed") return;
    await this.verify(executionId);
    await this.receives("publish", executionId);
  }

  #task(executionId: string): { terms: TaskTerms; details: TaskDetails } {
    const task = this.#tasks.get(executionId);
    if (task === undefined) throw new Error(`${executionId} was never asked`);
    return task;
  }
}
