import type { Randomness } from "@gadus/protocol";
import nacl from "tweetnacl";
import { VerifierError } from "./verifier-error.ts";

/** A node's X25519 keys, with which proposals are sealed and opened. */
export interface BoxKeys {
  /** 32 bytes; travels with each ask and each bid. */
  readonly publicKey: Uint8Array;
  /** 32 bytes, from which {@link boxKeysFromSecret} makes the pair again. Never logged, never sent. */
  readonly secretKey: Uint8Array;
}

/** New keys. A node that persists `secretKey` can still open what was sealed for it before a restart. */
export function createBoxKeys(randomness: Randomness): BoxKeys {
  return boxKeysFromSecret(randomness.bytes(nacl.box.secretKeyLength));
}

/**
 * The keys whose `secretKey` was persisted.
 *
 * @throws {VerifierError} `verifier/invalid-key` unless it is 32 bytes
 */
export function boxKeysFromSecret(secretKey: Uint8Array): BoxKeys {
  if (secretKey.length !== nacl.box.secretKeyLength) {
    const state = `${secretKey.length} bytes, want ${nacl.box.secretKeyLength}`;
    throw new VerifierError("verifier/invalid-key", `Cannot take a box key: ${state}`);
  }
  return nacl.box.keyPair.fromSecretKey(Uint8Array.from(secretKey));
}
