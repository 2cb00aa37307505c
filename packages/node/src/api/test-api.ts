import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type ComputeOffer, type Randomness, silentLogger } from "@gadus/protocol";
import { createIpfsPublisher } from "@gadus/publisher/ipfs";
import {
  createRequester,
  type Requester,
  type RequesterOptions,
  type RequesterStore,
} from "@gadus/requester";
import { createMemoryStore } from "@gadus/requester/memory-store";
import { createInlineSource } from "@gadus/storage/inline";
import { createMemoryContent, createMemorySwarm, type MemoryContent } from "@gadus/storage/memory";
import type { Transport } from "@gadus/transport";
import { memoryNetwork } from "@gadus/transport/memory";
import { createBoxKeys } from "@gadus/verifier/box-keys";
import { noneVerifier } from "@gadus/verifier/none";
import { debugShape } from "./agent-debug.ts";
import { createApiAuth } from "./api-auth.ts";
import { authConfig } from "./api-auth-schema.ts";
import { openApiKeyStore } from "./api-key-store.ts";
import type { ContentRoutes } from "./http-content.ts";
import { createHttpServer, type HttpServer, type HttpServerOptions } from "./http-server.ts";
import { createResultLinks } from "./result-links.ts";
import { createPromMetrics } from "../prom-metrics.ts";
import { systemClock } from "../system-clock.ts";
import { systemRandomness } from "../system-randomness.ts";

/** An API over a real requester in memory, for tests. */
export interface TestApi {
  readonly server: HttpServer;
  readonly requester: Requester;
  readonly store: RequesterStore;
  readonly content: MemoryContent;
  /** Has a compute node of these labels join its network; answers once it is known. */
  join(name: string, labels?: Readonly<Record<string, string>>, memoryBytes?: number): Promise<Transport>;
  stop(): Promise<void>;
}

/** What of the API is other than usual. */
type TestApiChange = Partial<Omit<HttpServerOptions, "content">> & {
  readonly content?: Partial<ContentRoutes>;
};

/** Starts a requester on a network of its own, and an API over it that doesn't listen yet. */
export async function startTestApi(
  { content: contentChange, ...change }: TestApiChange = {},
  options: Partial<RequesterOptions> = {},
): Promise<TestApi> {
  const randomness: Randomness = systemRandomness;
  const network = memoryNetwork({ clock: systemClock });
  const transport = network.join("node-r");
  const joined: Transport[] = [];
  const boxKeys = createBoxKeys(randomness);
  const content = createMemoryContent(createMemorySwarm());
  const metrics = createPromMetrics();
  const store = createMemoryStore();
  const requester = createRequester({
    store,
    transport,
    identity: transport.identity,
    boxPublicKey: boxKeys.publicKey,
    verifiers: new Map([["none", noneVerifier({ identity: transport.identity, boxKeys, randomness })]]),
    publishers: new Map([["ipfs", createIpfsPublisher({ content: content.served, randomness })]]),
    storage: new Map([["inline", createInlineSource()]]),
    content,
    clock: systemClock,
    randomness,
    logger: silentLogger,
    metrics,
    options: { queueTimeoutMs: 600_000, defaults: { verifier: "none" }, ...options },
  });
  await transport.start();
  await requester.start();
  const folder = mkdtempSync(join(tmpdir(), "gadus-api-"));
  const keys = openApiKeyStore(join(folder, "api-auth.db"), systemClock, randomness);
  const ports = { keys, nodeId: "node-r", isLoopback: true, clock: systemClock, randomness };
  const server = createHttpServer({
    auth: createApiAuth(authConfig.parse({}), ports),
    corsOrigins: [],
    host: "127.0.0.1",
    port: 0,
    maxBodyBytes: 1024 * 1024,
    maxConnections: 100,
    maxBodies: 50,
    maxBodiesBytes: 4 * 1024 * 1024,
    maxEventStreams: 2,
    maxRequestRate: 0,
    requestTimeoutMs: 60_000,
    readTimeoutMs: 60_000,
    agent: {
      nodeId: "node-r",
      version: "1.2.3",
      address: () => undefined,
      config: { api: { port: 1234 }, network: { swarmKey: "secret" } },
      debug: () =>
        debugShape({ nodeId: "node-r", version: "1.2.3", addresses: [], peers: [], roles: ["requester"] }),
      announcement: () => ({
        sequence: 1,
        ttlMs: 1,
        version: "1.2.3",
        requester: true,
        labels: { zone: "a" },
      }),
    },
    requester,
    content: {
      content,
      exportCar: async function* () {
        yield new Uint8Array(0);
        throw new Error("this node is in memory: nothing is exported");
      },
      getBlock: async () => {
        throw new Error("this node is in memory: nothing is fetched");
      },
      openTree: async () => {
        throw new Error("this node is in memory: nothing is fetched");
      },
      maxUploadBytes: 2 * 1024 * 1024,
      uploadPauseMs: 60_000,
      fetchTimeoutMs: 1000,
      ...contentChange,
    },
    published: {
      links: createResultLinks(randomness.bytes(32), Promise.resolve(new URL("http://node-r"))),
      openKept: async () => {
        throw new Error("this node is in memory: nothing is published");
      },
      openTree: async () => {
        throw new Error("this node is in memory: nothing is fetched");
      },
      fetchTimeoutMs: 1000,
      maxDownloads: 2,
      stallTimeoutMs: 60_000,
    },
    metrics,
    randomness,
    logger: silentLogger,
    ...change,
  });
  return {
    server,
    requester,
    store,
    content,
    async join(name, labels = {}, memoryBytes = 2 ** 30) {
      const other = network.join(name);
      joined.push(other);
      await other.start();
      await other.dial(transport.addresses()[0] ?? "");
      await other.announce({ ...COMPUTE_NODE, labels, compute: offerOf(memoryBytes) });
      while (!requester.nodes().some((node) => node.nodeId === other.identity.nodeId && node.announcement))
        await nextTurn();
      return other;
    },
    stop: async () => {
      await server.stop();
      await Promise.all(joined.map((each) => each.stop()));
      keys.close();
      rmSync(folder, { recursive: true });
      await requester.stop();
      await transport.stop();
      metrics.clear();
    },
  };
}

const COMPUTE_NODE = { sequence: 1, ttlMs: 60_000, version: "1.2.3", requester: false };

function offerOf(memoryBytes: number): ComputeOffer {
  const capacity = { cpuMillis: 1_000, memoryBytes, diskBytes: 2 ** 30, gpus: 0 };
  return {
    engines: [{ type: "noop", profiles: ["noop/0"] }],
    verifiers: ["none"],
    publishers: ["ipfs"],
    storage: ["ipfs"],
    maxCapacity: capacity,
    maxExecution: capacity,
    availableCapacity: capacity,
    runningExecutions: 0,
    queuedExecutions: 0,
    queueLimit: 10,
  };
}

/** Any answer of the API, as far as tests look into it. */
export interface Answer {
  readonly Status: number | string;
  readonly Message: string;
  readonly RequestID: string;
  readonly Code: string;
  readonly Hint: string;
  readonly Details: { readonly Field: string };
  readonly JobID: string;
  readonly Warnings: readonly string[];
  readonly Job: AnswerItem;
  readonly Items: readonly AnswerItem[];
  readonly NextToken: string;
  readonly Executions: { readonly Items: readonly AnswerItem[] };
  readonly History: { readonly Items: readonly AnswerItem[] };
  readonly Node: { readonly Reputation: object };
  readonly Nodes: readonly { readonly Info: { readonly ComputeNodeInfo?: object } }[];
  readonly CID: string;
}

/** A job, an execution, an event or a result. */
export interface AnswerItem {
  readonly ID: string;
  readonly NodeID: string;
  readonly SeqNum: number;
  readonly State: { readonly StateType: string };
  readonly ComputeState: { readonly Details: { readonly CID: string } };
  readonly Params: { readonly CID: string };
}
