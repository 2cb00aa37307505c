import { debugShape } from "./api/agent-debug.ts";
import { readFileSync } from "node:fs";
import { type Compute, createCompute } from "@gadus/compute";
import type { Clock, Logger, Randomness } from "@gadus/protocol";
import { createRequester, type Requester } from "@gadus/requester";
import { openDiskBlocks } from "@gadus/storage/disk-blocks";
import { openDiskScratch } from "@gadus/storage/scratch-disk";
import type { Publisher } from "@gadus/publisher";
import type { Transport } from "@gadus/transport";
import type { Verifier } from "@gadus/verifier";
import { deterministicVerifier } from "@gadus/verifier/deterministic";
import { noneVerifier } from "@gadus/verifier/none";
import { type Announcer, createAnnouncer, type NodeDescription } from "./announcer.ts";
import type { NodeConfig } from "./config/config-schema.ts";
import { type NodeContent, startContent } from "./content.ts";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { openDiskLogStore } from "./store/disk-log-store.ts";
import { type Engines, lazyImageResolver, startEngines } from "./engines.ts";
import { loadTls } from "./api/api-tls.ts";
import { createHttpServer } from "./api/http-server.ts";
import { isLoopback } from "./is-loopback.ts";
import { createLifecycle, type Lifecycle } from "./lifecycle.ts";
import { type LocalPublishing, startLocalPublishing } from "./local-publishing.ts";
import { lyingPublisher } from "./lying-publisher.ts";
import { machineCapacity } from "./machine-capacity.ts";
import { createNetwork } from "./network.ts";
import { createPinoLogger } from "./pino-logger.ts";
import { createPromMetrics, type PromMetrics } from "./prom-metrics.ts";
import { openComputeStore } from "./store/sqlite-compute-store.ts";
import { openRequesterStore } from "./store/sqlite-requester-store.ts";
import { rememberEarlyEvents } from "./remember-early-events.ts";
import { startAuth } from "./api/start-auth.ts";
import { systemClock } from "./system-clock.ts";
import { systemRandomness } from "./system-randomness.ts";

/** After so long without a peer, a node that was given bootstrap peers says so. */
const ALONE_AFTER_MS = 5_000;
/** Requests a second of one client of an API that others can reach. */
const MAX_REQUEST_RATE = 200;
/** How long who downloads a result may take nothing of it. */
const STALL_TIMEOUT_MS = 60_000;

/** A node that serves. */
export interface RunningNode {
  readonly nodeId: string;
  /** Where its HTTP API is, such as `http://127.0.0.1:1234`. */
  readonly apiUrl: string;
  /** The multiaddrs, with peer id, at which others can dial it. */
  addresses(): readonly string[];
  /** Stops every part in order, each within ten seconds. Idempotent. */
  stop(): Promise<void>;
}

/** What every part of a node works with. */
interface Ground {
  readonly config: NodeConfig;
  readonly folder: DataFolder;
  readonly lifecycle: Lifecycle;
  readonly logger: Logger;
  readonly metrics: PromMetrics;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** What the roles stand on, started. */
interface Footing extends Ground {
  readonly transport: Transport;
  readonly content: NodeContent;
  readonly local: LocalPublishing;
  readonly verifiers: readonly Verifier[];
  readonly boxPublicKey: Uint8Array;
}

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

/**
 * Starts a node with the roles that `config` enables; with none it is a peer that serves content.
 *
 * Where a part can't start, what was started before is stopped again.
 *
 * @throws {NodeError} `node/data-folder-in-use`, `node/port-in-use`, `node/store-newer`, `node/invalid-config`
 * @throws {TransportError} `transport/address-in-use`, `transport/invalid-address`, `transport/invalid-key`
 */
export async function startNode(config: NodeConfig): Promise<RunningNode> {
  const logger = createPinoLogger(config.log);
  const lifecycle = createLifecycle(logger);
  try {
    return await start({ config, logger, lifecycle });
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

async function start({
  config,
  logger,
  lifecycle,
}: Pick<Ground, "config" | "logger" | "lifecycle">): Promise<RunningNode> {
  const folder = await openDataFolder(config.dataFolder);
  lifecycle.onStop("data folder", () => folder.close());
  const metrics = createPromMetrics();
  lifecycle.onStop("metrics", () => metrics.clear());
  const ground: Ground = {
    config,
    logger,
    lifecycle,
    folder,
    metrics,
    clock: systemClock,
    randomness: systemRandomness,
  };
  const blocks = await openDiskBlocks(folder.path("blocks"));
  lifecycle.onStop("blocks", () => blocks.close());
  // Blocks that nothing holds were fetched for executions that are over; what still runs fetches its own again.
  const removed = await blocks.removeUnpinned();
  if (removed > 0) logger.info("removed blocks that nothing holds", { blocks: removed });
  const { transport, libp2p } = await createNetwork({
    ...ground,
    config: config.network,
    folder: config.dataFolder,
  });
  const { nodeId } = transport.identity;
  const boxKeys = await folder.boxKeys(systemRandomness);
  const secret = await folder.secret("results", systemRandomness);
  const box = { identity: transport.identity, boxKeys, randomness: systemRandomness };
  const verifiers = [deterministicVerifier(box), noneVerifier(box)];
  // They take a while, and need nothing of what is started meanwhile.
  const starting = config.compute.enabled ? startEngines({ ...ground, nodeId }, lifecycle) : undefined;

  // From here on peers connect, and what they say is remembered until the roles stand: what can be done before is.
  const early = rememberEarlyEvents(transport, logger);
  await transport.start();
  lifecycle.onStop("transport", () => transport.stop());
  const local = startLocalPublishing({ ...ground, transport, secret });
  const content = await startContent({ ...ground, blocks, libp2p, local }, lifecycle);
  const { publicKey: boxPublicKey } = boxKeys;
  const footing: Footing = { ...ground, transport, content, local, verifiers, boxPublicKey };
  // A requester greets its own node's compute role at once, so that one must listen by then.
  const engines = await starting;
  const hearing = { ...footing, transport: early.transport };
  const compute = engines && (await startCompute(hearing, engines));
  const requester = config.requester.enabled ? await startRequester(hearing) : undefined;
  early.forget();
  const describe = (): NodeDescription => describeNode(config, compute);
  await startAnnouncer(footing, describe, compute);
  warnWhereAlone(footing);
  const apiUrl = await startApi(footing, requester, describe);
  local.listens(apiUrl);
  logger.info("the node serves", {
    nodeId,
    api: apiUrl,
    requester: requester !== undefined,
    compute: compute !== undefined,
  });
  return { nodeId, apiUrl, addresses: () => transport.addresses(), stop: () => lifecycle.stop() };
}

/** An operator who names peers wants to know that none answers: a wrong key and a stale address look alike. */
function warnWhereAlone({ config, transport, logger, clock, lifecycle }: Footing): void {
  const { bootstrap } = config.network;
  if (bootstrap.length === 0) return;
  const timer = clock.setTimer(ALONE_AFTER_MS, () => {
    if (transport.peers().length > 0) return;
    const hint = "Check their addresses, that they run, and that both sides have the same swarm key.";
    logger.warn("none of the bootstrap peers could be reached so far", {
      bootstrap: bootstrap.join(" "),
      hint,
    });
  });
  lifecycle.onStop("bootstrap warning", () => timer.cancel());
}

async function startRequester(footing: Footing): Promise<Requester> {
  const { config, folder, lifecycle, transport, content, verifiers } = footing;
  const store = openRequesterStore(folder.path("requester.db"));
  lifecycle.onStop("requester store", () => store.close());
  const images = lazyImageResolver(config, footing.logger);
  const { enabled: _, defaults, maxFetchSize, ...times } = config.requester;
  const { cpu, memory, disk, fuel, ...jobDefaults } = defaults;
  const requester = createRequester({
    ...footing,
    store,
    identity: transport.identity,
    verifiers: byType(verifiers),
    publishers: byType(content.publishers),
    storage: byType(content.sources),
    content: content.store,
    images,
    ...(content.urls && { urls: content.urls }),
    options: {
      ...times,
      maxFetchBytes: maxFetchSize,
      defaults: defined(jobDefaults),
      defaultResources: { cpuMillis: cpu, memoryBytes: memory, diskBytes: disk, gpus: 0 },
      defaultFuel: fuel,
    },
  });
  lifecycle.onStop("requester", () => requester.stop());
  await requester.start();
  return requester;
}

async function startCompute(footing: Footing, engines: Engines): Promise<Compute> {
  const { config, folder, lifecycle, content } = footing;
  const store = openComputeStore(folder.path("compute.db"));
  lifecycle.onStop("compute store", () => store.close());
  const scratch = await openDiskScratch(folder.path("scratch"));
  const logStore = await openDiskLogStore(folder.path("logs"), footing.clock);
  lifecycle.onStop("logs", () => logStore.close());
  const capacity = await machineCapacity(config.compute.capacity, config.dataFolder);
  const {
    maxExecution: most,
    maxResultSize,
    queueLimit,
    agePerPriorityMs,
    maxExecutionTimeoutMs,
    maxFuel,
    logs,
    keepLogsMs,
    maxLogSize,
  } = config.compute;
  const compute = createCompute({
    ...footing,
    store,
    scratch,
    logs: logStore,
    executors: engines.executors,
    unavailableEngines: engines.unavailable,
    storage: content.sources,
    publishers: publishersOf(footing),
    content: content.store,
    options: {
      capacity,
      maxExecution: {
        cpuMillis: most.cpu ?? capacity.cpuMillis,
        memoryBytes: most.memory ?? capacity.memoryBytes,
        diskBytes: most.disk ?? capacity.diskBytes,
        gpus: most.gpus ?? capacity.gpus,
      },
      queueLimit,
      agePerPriorityMs,
      maxExecutionTimeoutMs,
      maxFuel,
      // What engines have no network for, they decline themselves.
      networks: ["none", "http", "full"],
      maxResultBytes: maxResultSize,
      logs,
      keepLogsMs,
      maxLogBytes: maxLogSize,
    },
  });
  lifecycle.onStop("compute", () => compute.stop());
  await compute.start();
  return compute;
}

/** Those that jobs may have this node publish with. */
function publishersOf({ config: { compute }, content }: Footing): readonly Publisher[] {
  const offered = content.publishers.filter(
    ({ type }) => type !== "local" || compute.publishers.local.enabled,
  );
  return compute.lie === "wrong-link" ? offered.map(lyingPublisher) : offered;
}

function describeNode(
  { labels, operator, requester }: NodeConfig,
  compute: Compute | undefined,
): NodeDescription {
  return {
    version,
    requester: requester.enabled,
    labels,
    ...(compute !== undefined && { compute: compute.offer() }),
    ...(operator !== undefined && { operator }),
  };
}

async function startAnnouncer(
  { transport, clock, logger, lifecycle, folder }: Footing,
  describe: () => NodeDescription,
  compute: Compute | undefined,
): Promise<void> {
  const announcer: Announcer = createAnnouncer({
    transport,
    clock,
    logger,
    describe,
    nextSequence: (nowMs) => folder.nextSequence(nowMs),
  });
  const stopListening = compute?.onOfferChanged(() => announcer.changed());
  lifecycle.onStop("announcer", () => {
    stopListening?.();
    announcer.stop();
  });
  await announcer.start();
}

async function startApi(
  footing: Footing,
  requester: Requester | undefined,
  describe: () => NodeDescription,
): Promise<string> {
  const { config, content, local, transport, lifecycle, folder, clock, ...ground } = footing;
  const { api } = config;
  const { nodeId } = transport.identity;
  const roles = [
    ...(config.requester.enabled ? ["requester"] : []),
    ...(config.compute.enabled ? ["compute"] : []),
  ];
  const tls = await loadTls(api.tls, {
    certFile: folder.path("api-tls.crt"),
    keyFile: folder.path("api-tls.key"),
    host: api.host,
    nowMs: clock.nowMs(),
  });
  const server = createHttpServer({
    ...ground,
    ...api,
    auth: startAuth({ ...footing, nodeId }),
    maxRequestRate: api.maxRequestRate ?? (isLoopback(api.host) ? 0 : MAX_REQUEST_RATE),
    tls,
    corsOrigins: api.cors.origins,
    maxBodyBytes: api.maxBodySize,
    maxBodiesBytes: api.maxBodiesSize,
    requester,
    agent: {
      nodeId,
      version,
      config,
      debug: () =>
        debugShape({ nodeId, version, roles, addresses: transport.addresses(), peers: transport.peers() }),
      address: () => transport.addresses()[0],
      announcement: () => ({ ...describe(), sequence: 0, ttlMs: 1 }),
    },
    content: {
      content: content.store,
      openTree: (cid, options) => content.openTree(cid, options),
      exportCar: (cid, options) => content.exportCar(cid, options),
      getBlock: (cid, options) => content.getBlock(cid, options),
      maxUploadBytes: api.maxUploadSize,
      uploadPauseMs: api.requestTimeoutMs,
      fetchTimeoutMs: api.fetchTimeoutMs,
    },
    published:
      roles.length > 0
        ? {
            links: local.links,
            openKept: (cid, options) => content.openKept(cid, options),
            openTree: (cid, options) => content.openTree(cid, options),
            fetchTimeoutMs: api.fetchTimeoutMs,
            maxDownloads: config.compute.publishers.local.maxDownloads,
            stallTimeoutMs: STALL_TIMEOUT_MS,
          }
        : undefined,
  });
  lifecycle.onStop("api", () => server.stop());
  return server.start();
}

function byType<T extends { readonly type: string }>(all: readonly T[]): ReadonlyMap<string, T> {
  return new Map(all.map((one) => [one.type, one]));
}

/** `value` without the properties that are `undefined`. */
function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
