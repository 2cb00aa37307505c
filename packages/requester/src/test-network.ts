import {
  describeResults,
  hashTask,
  type Message,
  type MessageOf,
  type StatementBinding,
  silentLogger,
  silentMetrics,
} from "@gadus/protocol";
import type { ImageResolver } from "@gadus/executor";
import type { Publisher } from "@gadus/publisher";
import type { StorageSource, UrlReader } from "@gadus/storage";
import { createMemoryContent, memoryVolume } from "@gadus/storage/memory";
import type { LogHandler, Transport } from "@gadus/transport";
import { memoryNetwork } from "@gadus/transport/memory";
import { boxKeysFromSecret } from "@gadus/verifier/box-keys";
import type { Proposal, Verifier } from "@gadus/verifier";
import { deterministicVerifier } from "@gadus/verifier/deterministic";
import { noneVerifier } from "@gadus/verifier/none";
import { createMemoryStore } from "./memory-store.ts";
import type { RequesterOptions } from "./options.ts";
import { createRequester, type Requester } from "./requester.ts";
import { isFinal } from "./job-status.ts";
import type { SelectionStrategy } from "./selection-strategy.ts";
import { DEFAULT_STRATEGIES } from "./selection-strategies.ts";
import type { RequesterStore, RequesterWrite } from "./store.ts";
import { someNode } from "./test-records.ts";

/** How a scripted compute node behaves; whatever isn't said is honest. */
export interface Script {
  /** What it writes to stdout; a liar writes something else. */
  readonly output?: string;
  readonly bids?: "yes" | "decline" | "full" | "silent";
  /** What it says it has. */
  readonly has?: readonly string[];
  /** What it does once accepted. */
  readonly runs?: "yes" | "fail" | "silent";
  /** What it publishes. */
  readonly publishes?: "yes" | "other" | "silent";
  /** What it proposes instead of what it found. */
  readonly proposes?: (right: Proposal) => Proposal;
  /** How it answers for logs. */
  readonly logs?: LogHandler;
  /** Changes, replaces or holds back what it would say. */
  readonly tamper?: (message: Message) => Promise<Message | undefined> | Message | undefined;
}

export const clock = {
  nowMs: () => Date.now(),
  setTimer(delayMs: number, callback: () => void) {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
const randomness = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };

/** A publisher whose check is only that the right thing is named. */
const namingPublisher: Publisher = {
  type: "memory",
  refusal: () => undefined,
  publish: async ({ tree }) => ({ location: { type: "memory", params: { cid: tree.cid } }, blocks: [] }),
  retract: async () => {},
  check: async ({ location }, { cid }) => {
    if (location.params["cid"] !== cid) throw new Error(`it is ${String(location.params["cid"])}`);
  },
};

/** Gives a node of that name its transport, not started. */
export type Join = (name: string) => Promise<Transport> | Transport;

/** What a test may have otherwise. */
interface TestParts {
  readonly join?: Join;
  readonly strategies?: ReadonlyMap<string, SelectionStrategy>;
  readonly urls?: UrlReader;
  readonly images?: ImageResolver;
  readonly storage?: ReadonlyMap<string, StorageSource>;
  /** What the requester has instead of its `deterministic` verifier. */
  readonly verifier?: (real: Verifier) => Verifier;
}

/** A real requester, on a memory network unless `join` gives another, with compute nodes that follow scripts. */
export async function testNetwork(
  scripts: readonly Script[],
  options: Partial<RequesterOptions> = {},
  parts: TestParts = {},
) {
  const { join = inMemory(), strategies = DEFAULT_STRATEGIES, storage = new Map(), urls, images } = parts;
  const { verifier = (real) => real } = parts;
  const store = createMemoryStore();
  const transport = await join("requester");
  const boxKeys = boxKeysFromSecret(randomness.bytes(32));
  const verifierOptions = { identity: transport.identity, boxKeys, randomness };
  const newRequester = (): Requester =>
    createRequester({
      store,
      transport,
      identity: transport.identity,
      boxPublicKey: boxKeys.publicKey,
      strategies,
      verifiers: new Map([
        ["deterministic", verifier(deterministicVerifier(verifierOptions))],
        ["none", noneVerifier(verifierOptions)],
      ]),
      publishers: new Map([["memory", namingPublisher]]),
      storage,
      ...(urls && { urls }),
      ...(images && { images }),
      content: createMemoryContent(),
      clock,
      randomness,
      logger: silentLogger,
      metrics: silentMetrics,
      options: { bidWindowMs: 2_000, settleMs: 0, ...options },
    });
  const requester = newRequester();
  await transport.start();
  await requester.start();
  const home = transport.addresses()[0] ?? "";
  let joined = 0;
  const add = async (script: Script) => joinNode(await join(`node-${joined++}`), home, script);
  const nodes = await Promise.all(scripts.map(add));
  await allKnown(requester, scripts.length);
  const stop = async (): Promise<void> => {
    await requester.stop();
    await Promise.all([transport.stop(), ...nodes.map((node) => node.transport.stop())]);
  };
  /** Has another node join; answers at once, before the requester knows of it. */
  const addNode = async (script: Script): Promise<void> => {
    nodes.push(await add(script));
  };
  return { requester, newRequester, transport, nodes, addNode, home, store, stop };
}

/** Settles once every execution of the job has ended and its status is final. */
export function jobEnd(requester: Requester, jobId: string): ReturnType<Requester["job"]> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      requester.job(jobId).then((view) => {
        if (!view.job.closed || !isFinal(view.job.status)) return;
        unsubscribe();
        resolve(view);
      }, reject);
    };
    const unsubscribe = requester.onEvent(look);
    look();
  });
}

/** Settles once `requester` knows what each of `count` nodes can do. */
async function allKnown(requester: Requester, count: number): Promise<void> {
  const known = (): number => requester.nodes().filter((node) => node.connected && node.announcement).length;
  while (known() < count) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Settles once an event of `topic` has happened. */
export function eventOf(requester: Requester, topic: string): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = requester.onEvent((event) => {
      if (event.topic !== topic) return;
      unsubscribe();
      resolve();
    });
  });
}

/** Has `store` refuse, once, the first batch that `isIt` is true of. */
export function refuseOnce(
  store: RequesterStore,
  isIt: (writes: readonly RequesterWrite[]) => boolean,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const commit = store.commit.bind(store);
  store.commit = async (writes, options) => {
    if (!isIt(writes)) return commit(writes, options);
    store.commit = commit;
    resolve();
    throw new Error("the disk is full");
  };
  return promise;
}

function inMemory(): Join {
  const network = memoryNetwork({ clock });
  return (name) => network.join(name);
}

async function joinNode(transport: Transport, home: string, script: Script) {
  const name = transport.identity.nodeId;
  const boxKeys = boxKeysFromSecret(randomness.bytes(32));
  const verifier = deterministicVerifier({ identity: transport.identity, boxKeys, randomness });
  const heard: Message[] = [];
  const asks = new Map<string, MessageOf<"ask">>();
  const say = (to: string, message: Message): void => {
    const said = script.tamper === undefined ? message : script.tamper(message);
    Promise.resolve(said)
      .then((final) => final && transport.send(to, final))
      .catch(() => {});
  };
  transport.on({
    message(from, message) {
      heard.push(message);
      if (message.type === "ask") answerAsk(from, message);
      else if (message.type === "accept") run(from, message).catch(() => {});
      else if (message.type === "verify" && script.publishes !== "silent") publish(from, message.executionId);
    },
  });
  if (script.logs !== undefined) transport.serveLogs(script.logs);
  const results = memoryVolume({ stdout: script.output ?? "hello", stderr: "", exitCode: "0" });
  const tree = await describeResults(results);

  function answerAsk(from: string, ask: MessageOf<"ask">): void {
    const { executionId } = ask;
    asks.set(executionId, ask);
    if (script.bids === "silent") return;
    if (script.bids === "decline")
      say(from, { type: "decline", executionId, code: "x/full", reason: "queue full" });
    else if (script.bids === "full")
      say(from, { type: "decline", executionId, code: "compute/queue-full", reason: "queue full" });
    else
      say(from, {
        type: "bid",
        executionId,
        boxPublicKey: boxKeys.publicKey,
        leaseMs: 10_000,
        has: [...(script.has ?? [])],
      });
  }
  async function run(from: string, { executionId, details }: MessageOf<"accept">): Promise<void> {
    const ask = asks.get(executionId);
    if (ask === undefined || script.runs === "silent") return;
    say(from, { type: "start", executionId });
    if (script.runs === "fail") {
      say(from, { type: "fail", executionId, code: "executor/trap", reason: "it broke", blame: "nobody" });
      return;
    }
    const taskHash = await hashTask({ terms: ask.terms, details });
    const binding: StatementBinding = { executionId, requester: from, compute: name, taskHash };
    const sealed = await verifier.propose(script.proposes?.(tree) ?? tree, {
      binding,
      boxPublicKey: ask.boxPublicKey,
    });
    say(from, { type: "propose", executionId, sealed });
  }
  function publish(from: string, executionId: string): void {
    const cid = script.publishes === "other" ? "bafyother" : tree.cid;
    say(from, { type: "publish", executionId, publication: { type: "memory", params: { cid } }, blocks: [] });
  }

  await transport.start();
  await transport.dial(home);
  const { announcement } = someNode(name);
  if (announcement !== undefined) await transport.announce(announcement);
  return { name, transport, heard, cid: tree.cid, say };
}
