import { messageOf, type ReadableVolume, type Spec } from "@gadus/protocol";
import type { CID } from "multiformats/cid";
import type { ContentNetwork } from "./content-network.ts";
import { keepLeaves } from "./kept-leaves.ts";
import { parseCid } from "./parse-cid.ts";
import { StorageError } from "./storage-error.ts";
import type { Availability, StorageSource } from "./storage.ts";
import { createUnixfsVolume, type GetBlock } from "./unixfs-volume.ts";

/** Leaves that are kept in memory for the next read, of all volumes of a source together. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

/**
 * Presents the UnixFS tree under the CID in the parameter `cid`; a block is fetched when what it holds is read.
 *
 * Symbolic links in it are not shown.
 */
export function createIpfsSource(network: ContentNetwork): StorageSource {
  const get: GetBlock = (cid, options) => network.get(cid, options);
  const leaves = keepLeaves(get, MAX_KEPT_BYTES);
  return {
    type: "ipfs",
    async check(source, options = {}): Promise<Availability> {
      options.signal?.throwIfAborted();
      try {
        const cid = cidOf(source);
        if (!(await network.has(cid))) return { available: true };
        const entry = await createUnixfsVolume(cid, get, leaves).stat("", options);
        if (entry?.kind === "file") return { available: true, sizeBytes: entry.sizeBytes };
        return entry === undefined ? { available: false, reason: isNeither(cid) } : { available: true };
      } catch (error) {
        options.signal?.throwIfAborted();
        return { available: false, reason: messageOf(error) };
      }
    },
    async open(source, options = {}): Promise<ReadableVolume> {
      options.signal?.throwIfAborted();
      const cid = cidOf(source);
      const volume = createUnixfsVolume(cid, get, leaves);
      if ((await volume.stat("", options)) !== undefined) return volume;
      throw new StorageError("storage/invalid-source", isNeither(cid), {
        blame: "job",
      });
    },
  };
}

function isNeither(cid: CID): string {
  return `Cannot open "${cid.toString()}": it is neither file nor folder`;
}

function cidOf(source: Spec): CID {
  const text = source.params["cid"];
  if (typeof text === "string") return parseCid(text);
  throw new StorageError(
    "storage/invalid-source",
    'Cannot open an IPFS input: its parameter "cid" is missing',
    {
      blame: "job",
      hint: 'Write {"cid": "bafy…"}.',
    },
  );
}
