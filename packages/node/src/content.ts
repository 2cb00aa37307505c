import type { CallOptions, Clock, Logger, Randomness, ReadableVolume } from "@gadus/protocol";
import type { Publisher } from "@gadus/publisher";
import { createIpfsPublisher } from "@gadus/publisher/ipfs";
import { createLocalPublisher, type LocalPublisherOptions } from "@gadus/publisher/local";
import type { ContentStore, StorageSource, UrlReader } from "@gadus/storage";
import type { DiskBlocks } from "@gadus/storage/disk-blocks";
import { type HeliaNode, startHelia } from "@gadus/storage/helia";
import {
  createKeptSource,
  createPinnedContent,
  createServedContent,
  exportCar,
  type WalkOptions,
} from "@gadus/storage/helia-content";
import { createHttpClient, createHttpSource, createUrlReader, type HttpClient } from "@gadus/storage/http";
import { createInlineSource } from "@gadus/storage/inline";
import { createIpfsSource } from "@gadus/storage/ipfs";
import { createLocalSource } from "@gadus/storage/local";
import type { GadusLibp2p } from "@gadus/transport/libp2p";
import { CID } from "multiformats/cid";
import type { NodeConfig } from "./config/config-schema.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { createProvider } from "./provider.ts";

/** What a node keeps, presents and publishes by content address. */
export interface NodeContent {
  readonly store: ContentStore;
  readonly sources: readonly StorageSource[];
  readonly publishers: readonly Publisher[];
  /** The tree under a CID as far as it is on this node. @throws {StorageError} `storage/not-found` */
  openKept(cid: string, options?: CallOptions): Promise<ReadableVolume>;
  /** Absent where this node fetches no URLs. */
  readonly urls?: UrlReader;
  /** The tree under a CID, fetched where it isn't here as it is read. */
  openTree(cid: string, options?: CallOptions): Promise<ReadableVolume>;
  exportCar(cid: string, options?: WalkOptions): AsyncIterable<Uint8Array>;
  /** One block, fetched where it isn't here. */
  getBlock(cid: string, options?: CallOptions): Promise<Uint8Array>;
}

/** What content is built on. */
export interface ContentOptions {
  readonly blocks: DiskBlocks;
  /** Started. */
  readonly libp2p: GadusLibp2p;
  readonly local: Pick<LocalPublisherOptions, "urlOf" | "outOfReach" | "refuseUrl">;
  readonly config: NodeConfig;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly logger: Logger;
}

/** Starts the node's one Helia on its own libp2p, and what stands on it. */
export async function startContent(options: ContentOptions, lifecycle: Lifecycle): Promise<NodeContent> {
  const { blocks, libp2p, local, config, clock, randomness, logger } = options;
  const helia: HeliaNode = await startHelia({ libp2p, blocks, logger, router: libp2p.contentRouting });
  lifecycle.onStop("helia", () => helia.stop());
  const provider = createProvider(libp2p.contentRouting, clock, logger);
  lifecycle.onStop("provider", () => provider.stop());
  const served = createServedContent(blocks, (cid, callOptions) => helia.get(cid, callOptions));
  const ipfs = createIpfsSource(helia);
  const kept = createKeptSource(blocks);
  const publishing = { content: served, randomness, announce: (cid: string) => provider.provide(cid) };
  const http = startHttp(config, lifecycle);
  return {
    ...(http && { urls: createUrlReader(http) }),
    store: createPinnedContent(blocks),
    sources: [
      createInlineSource(),
      ipfs,
      createLocalSource({ allowedFolders: config.compute.localFolders }),
      ...(http ? [createHttpSource(http)] : []),
    ],
    publishers: [createIpfsPublisher(publishing), createLocalPublisher({ ...publishing, ...local })],
    openKept: (cid, callOptions) => kept.open({ type: "ipfs", params: { cid } }, callOptions),
    openTree: (cid, callOptions) => ipfs.open({ type: "ipfs", params: { cid } }, callOptions),
    exportCar: (cid, walkOptions) => exportCar(helia, cid, walkOptions),
    getBlock: (cid, callOptions) => helia.get(CID.parse(cid), callOptions),
  };
}

/** Fetches what is behind URLs, as the operator allows it; undefined where that is nothing. */
function startHttp({ inputs, network }: NodeConfig, lifecycle: Lifecycle): HttpClient | undefined {
  const { enabled, ...policy } = inputs.http;
  // A private cluster touches nothing outside of itself that its operator hasn't named.
  const publicHosts = enabled ?? network.swarmKey === undefined;
  if (enabled === false || (!publicHosts && policy.allowHosts.length === 0)) return undefined;
  const client = createHttpClient({ ...policy, publicHosts });
  lifecycle.onStop("http inputs", () => client.close());
  return client;
}
