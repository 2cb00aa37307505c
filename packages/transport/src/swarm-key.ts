import { salsa20 } from "@noble/ciphers/salsa.js";
import { shake128 } from "@noble/hashes/sha3.js";
import { TransportError } from "./transport-error.ts";

const HEADER = "/key/swarm/psk/1.0.0/";
const ENCODING = "/base16/";
const KEY_BYTES = 32;
const FINGERPRINT_BYTES = 16;
const FINGERPRINT_NONCE = new TextEncoder().encode("finprint");
const STREAM_BYTES = 64;

/** A new pre-shared key in the text form of `swarm.key` files (libp2p/specs, "Private Networks"). */
export function generateSwarmKey(): string {
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return `${HEADER}\n${ENCODING}\n${Buffer.from(key).toString("hex")}\n`;
}

/**
 * The 32 bytes of the pre-shared key in `text`.
 *
 * @throws {TransportError} `transport/invalid-key`
 */
export function parseSwarmKey(text: string): Uint8Array {
  const [header, encoding, hex = "", ...rest] = text.trim().split(/\r?\n/);
  if (header !== HEADER) throw invalid(`its first line is not ${HEADER}`);
  if (encoding !== ENCODING) throw invalid(`its second line is not ${ENCODING}`);
  if (!/^[0-9a-f]{64}$/i.test(hex.trim())) throw invalid(`its third line is not ${KEY_BYTES * 2} hex digits`);
  if (rest.length > 0) throw invalid(`it has ${rest.length} lines too many`);
  return Uint8Array.from(Buffer.from(hex.trim(), "hex"));
}

/**
 * What tells the key in `text` from others without giving it away: 32 hex digits, the same that kubo prints of it.
 *
 * It is SHAKE128 of a key stream, and not of the key, as go-libp2p has it.
 *
 * @throws {TransportError} `transport/invalid-key`
 */
export function swarmKeyFingerprint(text: string): string {
  const stream = salsa20(parseSwarmKey(text), FINGERPRINT_NONCE, new Uint8Array(STREAM_BYTES));
  return Buffer.from(shake128(stream, { dkLen: FINGERPRINT_BYTES })).toString("hex");
}

function invalid(state: string): TransportError {
  const hint = `Write three lines: ${HEADER}, ${ENCODING}, and ${KEY_BYTES * 2} hex digits.`;
  return new TransportError("transport/invalid-key", `Cannot use the swarm key: ${state}`, { hint });
}
