import nacl from "tweetnacl";
import { VerifierError } from "./verifier-error.ts";

/** Pairs whose key is kept; the one used longest ago makes room. */
export const MAX_SHARED_KEYS = 1024;

/** The keys that one node shares with others. */
export interface SharedKeys {
  /**
   * The key shared with the holder of `publicKey`: one scalar multiplication the first time, then a look-up.
   *
   * @throws {VerifierError} `verifier/invalid-key` unless it is 32 bytes
   */
  with(publicKey: Uint8Array): Uint8Array;
}

/** The keys that the holder of `secretKey` shares with others, computed once a pair. */
export function createSharedKeys(secretKey: Uint8Array): SharedKeys {
  const known = new Map<string, Uint8Array>();
  return {
    with(publicKey) {
      if (publicKey.length !== nacl.box.publicKeyLength) {
        const state = `${publicKey.length} bytes, want ${nacl.box.publicKeyLength}`;
        throw new VerifierError("verifier/invalid-key", `Cannot take a box key: ${state}`, { blame: "node" });
      }
      const name = String.fromCharCode(...publicKey);
      const key = known.get(name) ?? nacl.box.before(publicKey, secretKey);
      known.delete(name);
      known.set(name, key);
      const [oldest] = known.keys();
      if (known.size > MAX_SHARED_KEYS && oldest !== undefined) known.delete(oldest);
      return key;
    },
  };
}
