import { type Compute, createCompute } from "@gadus/compute";
import { createMemoryLogStore } from "@gadus/compute/memory-log-store";
import { createMemoryComputeStore } from "@gadus/compute/memory-store";
import { noopExecutor } from "@gadus/executor/noop";
import { type MessageType, type Randomness, silentLogger, silentMetrics } from "@gadus/protocol";
import type { Publisher } from "@gadus/publisher";
import { createRequester, type JobView, type Requester } from "@gadus/requester";
import { createMemoryStore } from "@gadus/requester/memory-store";
import { createMemoryContent, createMemoryScratch } from "@gadus/storage/memory";
import type { Transport } from "@gadus/transport";
import { type MemoryNetwork, memoryNetwork } from "@gadus/transport/memory";
import { createBoxKeys } from "@gadus/verifier/box-keys";
import { deterministicVerifier } from "@gadus/verifier/deterministic";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock as clock } from "./system-clock.ts";
import { systemRandomness } from "./system-randomness.ts";

const randomness: Randomness = systemRandomness;
const CAPACITY = { cpuMillis: 4000, memoryBytes: 2 ** 32, diskBytes: 2 ** 32, gpus: 0 };
/** How soon a stop must have freed what it ends. */
const WITHIN = { timeout: 2000, interval: 20 };

/** A publisher whose publications a test can hold up and count. */
interface WatchedPublisher extends Publisher {
  readonly published: Set<string>;
  gate: Promise<void> | undefined;
}

function watchedPublisher(): WatchedPublisher {
  const published = new Set<string>();
  return {
    type: "memory",
    published,
    gate: undefined,
    refusal: () => undefined,
    async publish({ executionId, tree }) {
      // Once it is under way it goes on, whatever its signal says.
      published.add(executionId);
      await this.gate;
      return { location: { type: "memory", params: { cid: tree.cid } }, blocks: [] };
    },
    retract: async (executionId) => {
      published.delete(executionId);
    },
    check: async () => {},
  };
}

interface Node {
  readonly name: string;
  readonly transport: Transport;
  readonly compute: Compute;
  readonly publisher: WatchedPublisher;
}

interface Net {
  readonly network: MemoryNetwork;
  readonly requester: Requester;
  readonly nodes: readonly Node[];
  /** Nodes that nobody reaches. */
  readonly down: Set<string>;
  /** What the requester says that never arrives. */
  readonly lost: Set<MessageType>;
  stop(): Promise<void>;
}

let net: Net | undefined;
afterEach(async () => {
  await net?.stop();
  net = undefined;
});

/** A real requester and real compute nodes on a memory network. */
async function startNet(count: number): Promise<Net> {
  const down = new Set<string>();
  const lost = new Set<MessageType>();
  const isDown = (name: string): boolean => down.has(name);
  const network = memoryNetwork({ clock, route: ({ from, to }) => (isDown(from) || isDown(to) ? [] : [0]) });
  const transport = network.join("requester");
  const said: Transport = {
    ...transport,
    send: async (to, message, options) => {
      if (!lost.has(message.type)) await transport.send(to, message, options);
    },
  };
  const boxKeys = createBoxKeys(randomness);
  const { identity } = transport;
  const requester = createRequester({
    store: createMemoryStore(),
    transport: said,
    identity,
    boxPublicKey: boxKeys.publicKey,
    verifiers: new Map([["deterministic", deterministicVerifier({ identity, boxKeys, randomness })]]),
    publishers: new Map([["memory", watchedPublisher()]]),
    storage: new Map(),
    content: createMemoryContent(),
    clock,
    randomness,
    logger: silentLogger,
    metrics: silentMetrics,
  });
  await transport.start();
  await requester.start();
  const home = transport.addresses()[0] ?? "";
  const names = Array.from({ length: count }, (_, index) => `node-${index}`);
  const nodes = await Promise.all(names.map((name) => startCompute(network.join(name), name, home)));
  const known = (): number => requester.nodes().filter(({ announcement }) => announcement).length;
  await expect.poll(known).toBe(count);
  const stop = async (): Promise<void> => {
    await requester.stop();
    await Promise.all(nodes.map(({ compute }) => compute.stop()));
    await Promise.all([transport.stop(), ...nodes.map((node) => node.transport.stop())]);
  };
  net = { network, requester, nodes, down, lost, stop };
  return net;
}

async function startCompute(transport: Transport, name: string, home: string): Promise<Node> {
  const boxKeys = createBoxKeys(randomness);
  const executor = noopExecutor({ clock });
  await executor.start();
  const publisher = watchedPublisher();
  const compute = createCompute({
    transport,
    store: createMemoryComputeStore(),
    clock,
    logger: silentLogger,
    metrics: silentMetrics,
    executors: [executor],
    storage: [],
    content: createMemoryContent(),
    scratch: createMemoryScratch(),
    logs: createMemoryLogStore(clock),
    verifiers: [deterministicVerifier({ identity: transport.identity, boxKeys, randomness })],
    publishers: [publisher],
    boxPublicKey: boxKeys.publicKey,
    options: { capacity: CAPACITY },
  });
  await transport.start();
  await compute.start();
  await transport.dial(home);
  await transport.announce({
    sequence: 1,
    ttlMs: 600_000,
    version: "0.0.0",
    requester: false,
    labels: {},
    compute: compute.offer(),
  });
  return { name, transport, compute, publisher };
}

function jobOf(concurrency: number, durationMs: number): object {
  const Engine = { Type: "noop", Params: { Stdout: "hello", DurationMs: durationMs } };
  return {
    Type: "batch",
    Deal: { Concurrency: concurrency },
    Tasks: [{ Name: "main", Engine, Publisher: { Type: "memory" } }],
  };
}

function isFree({ compute }: Node): boolean {
  const { offered, running, queued, held, offer } = compute.describe();
  const used = offer.availableCapacity.cpuMillis !== CAPACITY.cpuMillis;
  return offered + running.length + queued.length + held === 0 && !used;
}

function statesOf({ executions }: JobView): readonly string[] {
  return executions.filter(({ engaged }) => engaged).map(({ state }) => state);
}

describe("stopping a job", () => {
  test("ends every execution on reachable nodes, and frees their capacity, within two seconds", async () => {
    const { requester, nodes } = await startNet(3);
    const { jobId } = await requester.submit(jobOf(3, 600_000));
    await expect.poll(() => nodes.every(({ compute }) => compute.describe().running.length === 1)).toBe(true);
    await requester.stopJob(jobId, "enough");
    await expect.poll(() => nodes.every(isFree), WITHIN).toBe(true);
    expect(statesOf(await requester.job(jobId))).toEqual(["cancelled", "cancelled", "cancelled"]);
  });

  test("is honoured by a node that was unreachable, once it returns", async () => {
    const { requester, nodes, network, down } = await startNet(2);
    const { jobId } = await requester.submit(jobOf(2, 600_000));
    await expect.poll(() => nodes.every(({ compute }) => compute.describe().running.length === 1)).toBe(true);
    const away = nodes[1];
    down.add("node-1");
    network.cut("requester", "node-1");
    await requester.stopJob(jobId, "enough");
    await expect.poll(() => nodes[0] && isFree(nodes[0]), WITHIN).toBe(true);
    expect(away?.compute.describe().running).toHaveLength(1);
    down.clear();
    await away?.transport.dial("requester").catch(() => {});
    await away?.transport.send("requester", { type: "lost", executionIds: [] });
    await expect.poll(() => away && isFree(away), WITHIN).toBe(true);
  });

  test("before its publication is heard of takes the publication back, though the cancellation is lost", async () => {
    const { requester, nodes, network, lost } = await startNet(1);
    const [node] = nodes;
    const gate = Promise.withResolvers<void>();
    if (node !== undefined) node.publisher.gate = gate.promise;
    const { jobId } = await requester.submit(jobOf(1, 0));
    await expect.poll(() => node?.publisher.published.size).toBe(1);
    lost.add("cancel");
    await requester.stopJob(jobId, "enough");
    gate.resolve();
    await expect.poll(() => node && isFree(node)).toBe(true);
    expect(node?.publisher.published.size).toBe(1);
    expect(statesOf(await requester.job(jobId))).toEqual(["cancelled"]);
    lost.clear();
    network.cut("requester", "node-0");
    await node?.transport.send("requester", { type: "lost", executionIds: [] });
    await expect.poll(() => node?.publisher.published.size).toBe(0);
    expect((await requester.job(jobId)).job.status).toBe("Stopped");
  });

  test("after its publication was taken leaves the result published", async () => {
    const { requester, nodes, network } = await startNet(1);
    const [node] = nodes;
    const { jobId } = await requester.submit(jobOf(1, 0));
    await expect.poll(async () => (await requester.job(jobId)).job.status).toBe("Completed");
    await requester.stopJob(jobId, "too late");
    network.cut("requester", "node-0");
    await node?.transport.send("requester", { type: "lost", executionIds: [] });
    await expect.poll(() => node && isFree(node)).toBe(true);
    expect(statesOf(await requester.job(jobId))).toEqual(["published"]);
    expect(node?.publisher.published.size).toBe(1);
  });
});
