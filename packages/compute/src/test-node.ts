import { type Message, type Metrics, silentLogger } from "@gadus/protocol";
import type { Executor, RunRequest, RunResult } from "@gadus/executor";
import { noopExecutor } from "@gadus/executor/noop";
import type { Publisher, PublishRequest } from "@gadus/publisher";
import {
  createMemoryContent,
  createMemoryScratch,
  createMemorySource,
  memoryVolume,
} from "@gadus/storage/memory";
import type { ScratchSpace } from "@gadus/storage";
import type { Transport } from "@gadus/transport";
import { memoryNetwork } from "@gadus/transport/memory";
import { boxKeysFromSecret } from "@gadus/verifier/box-keys";
import { deterministicVerifier } from "@gadus/verifier/deterministic";
import { noneVerifier } from "@gadus/verifier/none";
import { type Compute, createCompute } from "./compute.ts";
import type { ComputeWishes } from "./options.ts";
import { createMemoryLogStore } from "./memory-log-store.ts";
import { createMemoryComputeStore } from "./memory-store.ts";
import type { ComputeStore } from "./store.ts";
import { testClock } from "./test-clock.ts";
import { CAPACITY, TestRequester } from "./test-requester.ts";

/** What a test looks at and holds up inside a node. */
export interface Watch {
  /** Runs that began, by the port's execution id. */
  readonly runs: RunRequest[];
  /** Images, by reference, that the engine says it has. */
  readonly images: Set<string>;
  /** What runs yield beside what they would. */
  runYields: Pick<RunResult, "image" | "notes">;
  /** Executions that run now. */
  readonly running: Set<string>;
  maxRunning: number;
  /** Bytes of each part of what tasks print that the executor hands over. */
  heardBytes: number;
  readonly published: Map<string, PublishRequest["tree"]>;
  readonly retracted: string[];
  /** Why what requesters ask for couldn't be had by them. */
  readonly publishRefusals: Map<string, string>;
  /** Types of messages that the transport refuses, its queue being full. */
  readonly refusedMessages: Set<Message["type"]>;
  /** Thrown by the next retractions, one each. */
  readonly retractErrors: Error[];
  /** Thrown by the next publications. */
  publishError: Error | undefined;
  /** While it is set, publications wait until they are aborted. */
  publishHangs: boolean;
  /** While it is set, commits wait for it. */
  commitGate: Promise<void> | undefined;
  /** While it is set, waiting for what was written to be durable waits for it. */
  durableGate: Promise<void> | undefined;
  /** While it is set, syncing results to the disk waits for it. */
  syncGate: Promise<void> | undefined;
  /** Thrown by the next commits. */
  commitErrors: Error[];
  /** Commits so far. */
  commits: number;
  /** Whether the commit of that number, counted from 0, is refused. */
  refuses: (commit: number) => boolean;
  readonly metrics: Map<string, number>;
}

/** A real compute node on a memory network, with a requester that is driven by hand. */
export async function testNode(options: Partial<ComputeWishes> = {}) {
  const clock = testClock();
  const randomness = { bytes: countingBytes() };
  const network = memoryNetwork({ clock, randomness });
  const requesterKeys = boxKeysFromSecret(new Uint8Array(32).fill(1));
  const computeKeys = boxKeysFromSecret(new Uint8Array(32).fill(2));
  const memory = createMemoryComputeStore();
  const scratch = createMemoryScratch();
  const logs = createMemoryLogStore(clock);
  const content = createMemoryContent();
  const volumes = new Map([["sample", memoryVolume({ "a.txt": "hello" })]]);
  const watch: Watch = {
    runs: [],
    images: new Set(),
    runYields: {},
    running: new Set(),
    maxRunning: 0,
    heardBytes: Number.POSITIVE_INFINITY,
    published: new Map(),
    retracted: [],
    publishRefusals: new Map(),
    publishError: undefined,
    publishHangs: false,
    commitGate: undefined,
    syncGate: undefined,
    durableGate: undefined,
    commitErrors: [],
    commits: 0,
    refuses: () => false,
    retractErrors: [],
    refusedMessages: new Set(),
    metrics: new Map(),
  };
  const store = watchedStore(memory, watch);
  let transport = network.join("compute");
  let life = { isOver: false };

  async function build(): Promise<Compute> {
    const { identity } = transport;
    life = { isOver: false };
    const executor = watchedExecutor(noopExecutor({ clock }), watch);
    await executor.start();
    return createCompute({
      transport: watchedTransport(transport, watch),
      store: mortal(store, life),
      clock,
      logger: silentLogger,
      metrics: countingMetrics(watch.metrics),
      executors: [executor],
      unavailableEngines: new Map([["docker", "no engine answers"]]),
      storage: ["memory", "ipfs"].map((type) =>
        createMemorySource({ type, find: async (params) => volumes.get(String(params["name"])) }),
      ),
      content,
      scratch: mortal(watchedScratch(scratch, watch), life),
      logs: mortal(logs, life),
      verifiers: [
        deterministicVerifier({ identity, boxKeys: computeKeys, randomness }),
        noneVerifier({ identity, boxKeys: computeKeys, randomness }),
      ],
      publishers: [mortal(watchedPublisher(watch), life)],
      boxPublicKey: computeKeys.publicKey,
      options: { capacity: CAPACITY, ...options },
    });
  }

  let compute = await build();
  await compute.start();
  await transport.start();

  async function join(nodeId: string): Promise<TestRequester> {
    const own = network.join(nodeId);
    const requester = new TestRequester({
      transport: own,
      clock,
      verifier: deterministicVerifier({ identity: own.identity, boxKeys: requesterKeys, randomness }),
      boxPublicKey: requesterKeys.publicKey,
      compute: "compute",
    });
    await own.start();
    return requester;
  }

  async function stop(): Promise<void> {
    let isOver = false;
    const stopping = compute.stop().then(() => {
      isOver = true;
    });
    await clock.until("stopped", () => isOver);
    await stopping;
    await transport.stop();
  }

  async function begin(): Promise<void> {
    transport = network.join("compute");
    compute = await build();
    await compute.start();
    await transport.start();
  }

  return {
    clock,
    network,
    store: memory,
    scratch,
    logs,
    content,
    watch,
    requester: await join("requester"),
    join,
    compute: () => compute,
    stop,
    /** Stops the node cleanly and starts another on the same store and disk; `between` happens while it is down. */
    async restart(between: () => Promise<void> = async () => {}) {
      await stop();
      await between();
      await begin();
    },
    /** Kills the node at once and starts another on the same store and disk; `between` happens while it is down. */
    async crash(between: () => Promise<void> = async () => {}) {
      life.isOver = true;
      await transport.stop();
      watch.running.clear();
      await between();
      await begin();
    },
    async state(executionId: string) {
      return (await memory.get("requester", executionId))?.execution.state;
    },
    /** Waits until nothing is promised, running, queued or held, and no folder is left. */
    async empty() {
      await clock.until("nothing is held", () => {
        const { offered, held, running, queued, offer } = compute.describe();
        const used = offer.availableCapacity.diskBytes !== offer.maxCapacity.diskBytes;
        return offered + held + running.length + queued.length === 0 && !used;
      });
      await clock.advance(0);
      const folders: string[] = [];
      for await (const id of scratch.list()) folders.push(id);
      return folders.length === 0;
    },
  };
}

/** What one side says of one execution. */
export function syncOf(
  id: string,
  state: Extract<Message, { type: "sync" }>["executions"][number]["state"],
): Message {
  return { type: "sync", party: "requester", executions: [{ id, state }] };
}

/** `port` as a process sees it that may be killed: nothing that it does after that has an effect. */
function mortal<T extends object>(port: T, life: { readonly isOver: boolean }): T {
  return new Proxy(port, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown =>
        life.isOver ? new Promise(() => {}) : Reflect.apply(value, target, args);
    },
  });
}

function watchedTransport(transport: Transport, { refusedMessages }: Watch): Transport {
  return {
    ...transport,
    async send(to, message, options) {
      if (refusedMessages.has(message.type)) throw new Error("too many messages wait for it already");
      await transport.send(to, message, options);
    },
  };
}

function watchedStore(store: ComputeStore, watch: Watch): ComputeStore {
  return {
    ...store,
    async commit(writes) {
      await watch.commitGate;
      if (writes.length === 0) await watch.durableGate;
      watch.commits += 1;
      if (watch.refuses(watch.commits - 1)) throw new Error("the disk is full");
      const error = writes.length === 0 ? undefined : watch.commitErrors.shift();
      if (error !== undefined) throw error;
      return store.commit(writes);
    },
  };
}

function watchedScratch(scratch: ScratchSpace, watch: Watch): ScratchSpace {
  return {
    ...scratch,
    async create(id) {
      const folder = await scratch.create(id);
      return {
        ...folder,
        async sync() {
          await watch.syncGate;
          await folder.sync();
        },
      };
    },
  };
}

function watchedExecutor(executor: Executor, watch: Watch): Executor {
  return {
    ...executor,
    async admit(terms, options) {
      const admission = await executor.admit(terms, options);
      const isHere = terms.image?.from === "name" && watch.images.has(terms.image.reference);
      return admission.admitted ? { ...admission, holdsImage: isHere } : admission;
    },
    async run(request, options) {
      watch.runs.push(request);
      watch.running.add(request.executionId);
      watch.maxRunning = Math.max(watch.maxRunning, watch.running.size);
      try {
        const output: RunRequest["output"] = (stream, bytes) =>
          request.output?.(stream, bytes.subarray(0, watch.heardBytes));
        const result = await executor.run({ ...request, output }, options);
        return { ...result, ...watch.runYields };
      } finally {
        watch.running.delete(request.executionId);
      }
    },
  };
}

function watchedPublisher(watch: Watch): Publisher {
  return {
    type: "memory",
    refusal: (requester) => watch.publishRefusals.get(requester),
    async publish({ executionId, tree }, { signal } = {}) {
      if (watch.publishHangs) {
        await new Promise((_, reject) =>
          signal?.addEventListener("abort", () => reject(signal.reason as Error)),
        );
      }
      if (watch.publishError !== undefined) throw watch.publishError;
      watch.published.set(executionId, tree);
      return { location: { type: "memory", params: { cid: tree.cid } }, blocks: [] };
    },
    async retract(executionId) {
      const error = watch.retractErrors.shift();
      if (error !== undefined) throw error;
      watch.retracted.push(executionId);
      watch.published.delete(executionId);
    },
    check: async () => {},
  };
}

function countingMetrics(counts: Map<string, number>): Metrics {
  const add = (name: string, labels: object, amount: number): void => {
    const key = [name, ...Object.values(labels)].join(" ");
    counts.set(key, (counts.get(key) ?? 0) + amount);
  };
  return {
    counter: (name) => ({ add: (amount = 1, labels = {}) => add(name, labels, amount) }),
    gauge: () => ({ set: () => {} }),
    histogram: (name) => ({ observe: (_, labels = {}) => add(name, labels, 1) }),
  };
}

function countingBytes(): (count: number) => Uint8Array {
  let calls = 0;
  return (count) => new Uint8Array(count).fill((calls += 1));
}
