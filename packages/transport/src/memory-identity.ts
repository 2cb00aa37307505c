import { equalBytes, type Identity } from "@gadus/protocol";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** Makes identities that only their holder can sign for: the secrets never leave the closure. */
export interface IdentityRegistry {
  /** The identity of `nodeId`: the same key for the same id. */
  identityOf(nodeId: string): Identity;
}

/**
 * Identities whose signatures are HMAC-SHA-256 (RFC 2104) under a secret for each node id.
 *
 * Checking one takes the secret too, which is why it works only inside one process.
 */
export function createIdentityRegistry(newSecret: () => Uint8Array): IdentityRegistry {
  const secrets = new Map<string, Uint8Array>();

  return {
    identityOf(nodeId) {
      const secret = secrets.get(nodeId) ?? newSecret();
      secrets.set(nodeId, secret);
      return {
        nodeId,
        sign: async (bytes) => hmac(sha256, secret, bytes),
        async verify(author, bytes, signature) {
          const key = secrets.get(author);
          return key !== undefined && equalBytes(hmac(sha256, key, bytes), signature);
        },
      };
    },
  };
}
