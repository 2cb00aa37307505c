import type { CallOptions, ReadableVolume } from "@gadus/protocol";
import type { CID } from "multiformats/cid";
import type { ContentStore } from "./content-store.ts";
import { createMemoryBlocks } from "./memory-blocks.ts";
import { parseCid } from "./parse-cid.ts";
import type { PinnedBlocks } from "./pinned-blocks.ts";
import { createPinnedContent } from "./pinned-content.ts";
import { createServedContent, type ServedContent } from "./served-content.ts";
import { StorageError } from "./storage-error.ts";
import { createUnixfsVolume } from "./unixfs-volume.ts";

/** A network in memory, whose members have each other's blocks. */
export interface MemorySwarm {
  /** What each member serves, in the order in which they joined. */
  readonly members: Set<PinnedBlocks>;
}

/** A content store whose blocks are in memory, with real CIDs. */
export interface MemoryContent extends ContentStore {
  /** For a publisher by content address. */
  readonly served: ServedContent;
  /** The tree under `cid`, here or at another member; a block that nobody has is `storage/not-found` when read. */
  volume(cid: string): ReadableVolume;
  /** Joins the swarm, as at the start. */
  join(): void;
  /** Leaves the swarm: others don't have these blocks any more. What is here stays. */
  leave(): void;
}

/** A network in memory that {@link createMemoryContent} joins. */
export function createMemorySwarm(): MemorySwarm {
  return { members: new Set() };
}

/** Content in memory, for tests and simulations; it is as durable as the object. */
export function createMemoryContent(swarm: MemorySwarm = createMemorySwarm()): MemoryContent {
  const blocks = createMemoryBlocks();
  const getBlock = async (cid: CID, options: CallOptions = {}): Promise<Uint8Array> => {
    options.signal?.throwIfAborted();
    for (const member of [blocks, ...swarm.members]) {
      const bytes = await member.find(cid);
      if (bytes !== undefined) return bytes;
    }
    throw new StorageError("storage/not-found", `Cannot read block "${cid.toString()}": no member has it`);
  };
  swarm.members.add(blocks);
  return {
    ...createPinnedContent(blocks),
    served: createServedContent(blocks, getBlock),
    volume: (cid) => createUnixfsVolume(parseCid(cid), getBlock),
    join(): void {
      swarm.members.add(blocks);
    },
    leave(): void {
      swarm.members.delete(blocks);
    },
  };
}
