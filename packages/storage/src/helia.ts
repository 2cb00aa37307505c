import { withBitswap } from "@helia/bitswap";
import type { Libp2p, PeerId } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { type CallOptions, type Logger, silentLogger } from "@gadus/protocol";
import { createHeliaLight, type Helia, type Router } from "helia";
import type { CID } from "multiformats/cid";
import { blockKey } from "./block-key.ts";
import type { ContentNetwork } from "./content-network.ts";
import type { DiskBlocks } from "./disk-blocks.ts";
import { joinChunks, plainBytes } from "./import-content.ts";
import { singleFlight } from "./single-flight.ts";
import { StorageError } from "./storage-error.ts";
import { verifyBlock } from "./verify-block.ts";

/** How long a block is looked for. */
export const BLOCK_TIMEOUT_MS = 30_000;

/** What is wanted or sent in the same millisecond goes together; Helia's own pauses are ten times as long. */
const BITSWAP = { sendWantlistDebounce: 1, sendBlocksDebounce: 1 };

/** Finds nodes that have content, such as libp2p's own `contentRouting`. */
export interface ProviderRouter {
  findProviders(
    cid: CID,
    options?: CallOptions,
  ): AsyncIterable<{ readonly id: PeerId; readonly multiaddrs: Multiaddr[] }>;
}

/** Options of {@link startHelia}. */
export interface HeliaOptions {
  /** Runs already, and goes on running after {@link HeliaNode.stop}. */
  readonly libp2p: Libp2p;
  readonly blocks: DiskBlocks;
  /**
   * Who else to ask; the connected peers are always asked.
   *
   * @default nobody
   */
  readonly router?: ProviderRouter;
  /** @default 30,000 */
  readonly blockTimeoutMs?: number;
  /** @default silent */
  readonly logger?: Logger;
}

/** One Helia, and blocks through it. */
export interface HeliaNode extends ContentNetwork {
  readonly helia: Helia;
  /** Ends what it fetches and serves; its libp2p goes on. */
  stop(): Promise<void>;
}

/**
 * Starts the one Helia of a node: bitswap on the node's own libp2p, and nothing else.
 *
 * It asks no gateway, no delegated router and no peer that libp2p or `router` doesn't give it.
 */
export async function startHelia(options: HeliaOptions): Promise<HeliaNode> {
  const { libp2p, blocks, router, blockTimeoutMs = BLOCK_TIMEOUT_MS, logger = silentLogger } = options;
  const light = createHeliaLight({
    blockstore: blocks.blockstore,
    routers: router === undefined ? [] : [routerOf(libp2p, router)],
  });
  const helia: Helia = withBitswap(Object.assign(light, { libp2p }), BITSWAP);
  await helia.start();
  const shared = singleFlight<Uint8Array>();
  const fetch = async (cid: CID, signal: AbortSignal): Promise<Uint8Array> => {
    const timeout = AbortSignal.timeout(blockTimeoutMs);
    try {
      const found = helia.blockstore.get(cid, { signal: AbortSignal.any([signal, timeout]) });
      return plainBytes(await joinChunks(found));
    } catch (cause) {
      signal.throwIfAborted();
      throw notFound(cid, blockTimeoutMs, libp2p.getPeers().length, cause);
    }
  };
  /** What a disk has spoilt is taken away, so that another node's takes its place. */
  const fetchAnew = async (cid: CID, signal: AbortSignal): Promise<Uint8Array> => {
    const here = await blocks.find(cid);
    if (here !== undefined) {
      if (await isWhole(cid, here)) return here;
      logger.warn("a block on disk is spoilt: it is fetched again", { cid: cid.toString() });
      await blocks.blockstore.delete(cid);
    }
    return fetch(cid, signal);
  };
  return {
    helia,
    has: (cid) => blocks.has(cid),
    async get(cid, callOptions = {}): Promise<Uint8Array> {
      callOptions.signal?.throwIfAborted();
      const here = await blocks.find(cid, callOptions.into);
      if (here !== undefined && (await isWhole(cid, here))) return here;
      return shared(blockKey(cid), (signal) => fetchAnew(cid, signal), callOptions);
    },
    async stop(): Promise<void> {
      await helia.stop();
    },
  };
}

async function isWhole(cid: CID, bytes: Uint8Array): Promise<boolean> {
  return verifyBlock(cid, bytes).then(
    () => true,
    () => false,
  );
}

function routerOf(libp2p: Libp2p, router: ProviderRouter): Router {
  const name = "gadus-router";
  return {
    name,
    async *findProviders(cid, options = {}) {
      for await (const { id, multiaddrs } of router.findProviders(cid, { signal: options.signal })) {
        // Bitswap dials by id alone.
        await libp2p.peerStore.merge(id, { multiaddrs });
        yield { id: id.toCID(), multiaddrs, router: name, fallback: false };
      }
    },
  };
}

function notFound(cid: CID, timeoutMs: number, peers: number, cause: unknown): StorageError {
  const state = `no connected peer has it (${peers} asked, for ${timeoutMs / 1000} s)`;
  return new StorageError("storage/not-found", `Cannot fetch block "${cid.toString()}": ${state}`, {
    cause,
    hint: "Check that a node that has it is connected to this one.",
  });
}
