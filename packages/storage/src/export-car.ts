import * as dagCbor from "@ipld/dag-cbor";
import { varint } from "multiformats";
import type { ContentNetwork } from "./content-network.ts";
import { parseCid } from "./parse-cid.ts";
import { type WalkOptions, walkDag } from "./walk-dag.ts";

/**
 * The tree under `cid`, as far as its scope says, as a CAR, version 1 (https://ipld.io/specs/transport/car/carv1/), each
 * block once, parents before children.
 *
 * Blocks that aren't here are fetched as they are reached; the first bytes come once the root is here. Holds one
 * block at a time.
 *
 * @throws {StorageError} `storage/invalid-source`, `storage/not-found`, `storage/not-readable`
 */
export async function* exportCar(
  network: ContentNetwork,
  cid: string,
  options: WalkOptions = {},
): AsyncGenerator<Uint8Array> {
  const root = parseCid(cid);
  let header: Uint8Array | undefined = section(dagCbor.encode({ roots: [root], version: 1 }));
  for await (const block of walkDag(root, (wanted, call) => network.get(wanted, call), options)) {
    if (header !== undefined) yield header;
    header = undefined;
    yield section(block.cid.bytes, block.bytes);
  }
}

/** `parts` behind their common length. */
function section(...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(varint.encodingLength(length) + length);
  varint.encodeTo(length, bytes);
  let offset = bytes.length - length;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
