import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { Identity } from "@gadus/protocol";
import type { Ed25519PrivateKey } from "@libp2p/interface";
import { peerIdFromPrivateKey, peerIdFromString } from "@libp2p/peer-id";

/** Public keys of other nodes that are kept parsed. */
const MAX_CACHED_KEYS = 4096;

/**
 * The identity behind `key`: plain Ed25519 signatures (RFC 8032).
 *
 * An Ed25519 peer id holds its public key, so nothing else is needed to verify.
 */
export function createIdentity(key: Ed25519PrivateKey): Identity {
  const privateKey = createPrivateKey({
    format: "jwk",
    key: toJwk(key.publicKey.raw, key.raw.subarray(0, 32)),
  });
  const publicKeyOf = cachedPublicKeys(MAX_CACHED_KEYS);

  return {
    nodeId: peerIdFromPrivateKey(key).toString(),
    sign: async (bytes) => sign(null, bytes, privateKey),
    async verify(nodeId, bytes, signature) {
      try {
        return verify(null, bytes, publicKeyOf(nodeId), signature);
      } catch {
        return false;
      }
    },
  };
}

function cachedPublicKeys(limit: number): (nodeId: string) => KeyObject {
  const cached = new Map<string, KeyObject>();
  return (nodeId) => {
    const known = cached.get(nodeId);
    if (known !== undefined) return known;
    const peerId = peerIdFromString(nodeId);
    if (peerId.type !== "Ed25519") throw new TypeError("not an Ed25519 peer id");
    const parsed = createPublicKey({ format: "jwk", key: toJwk(peerId.publicKey.raw) });
    const [oldest] = cached.keys();
    if (cached.size >= limit && oldest !== undefined) cached.delete(oldest);
    cached.set(nodeId, parsed);
    return parsed;
  };
}

function toJwk(publicKey: Uint8Array, privateKey?: Uint8Array) {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
  const open = { kty: "OKP", crv: "Ed25519", x: text(publicKey) };
  return privateKey === undefined ? open : { ...open, d: text(privateKey) };
}
