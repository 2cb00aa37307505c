import type { CID } from "multiformats/cid";
import { identity } from "multiformats/hashes/identity";
import type { MultihashHasher } from "multiformats/hashes/interface";
import { sha256, sha512 } from "multiformats/hashes/sha2";
import { ClientError } from "./client-error.ts";

/** No block is larger: what bitswap and gateways carry at most. */
export const MAX_BLOCK_BYTES = 2 * 1024 * 1024;

const HASHERS = new Map<number, MultihashHasher>(
  [sha256, sha512, identity].map((hasher) => [hasher.code, hasher]),
);

/**
 * Settles if `bytes` are what `cid` names.
 *
 * @throws {ClientError} `client/invalid-block` where they aren't, or are too large, or can't be checked
 */
export async function verifyBlock(cid: CID, bytes: Uint8Array): Promise<void> {
  if (bytes.length > MAX_BLOCK_BYTES) {
    throw refused(cid, `it has ${bytes.length} bytes, more than ${MAX_BLOCK_BYTES}`);
  }
  const hasher = HASHERS.get(cid.multihash.code);
  if (hasher === undefined) {
    throw refused(cid, `its hash 0x${cid.multihash.code.toString(16)} is none of SHA-256, SHA-512, identity`);
  }
  const { digest } = await hasher.digest(bytes);
  if (
    digest.length !== cid.multihash.digest.length ||
    digest.some((byte, at) => byte !== cid.multihash.digest[at])
  ) {
    throw refused(cid, "the bytes have another hash");
  }
}

function refused(cid: CID, state: string): ClientError {
  return new ClientError("client/invalid-block", `Cannot take block "${cid.toString()}": ${state}`);
}
