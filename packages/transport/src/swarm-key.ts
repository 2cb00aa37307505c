import { TransportError } from "./transport-error.ts";

const HEADER = "/key/swarm/psk/1.0.0/";
const ENCODING = "/base16/";
const KEY_BYTES = 32;

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

function invalid(state: string): TransportError {
  const hint = `Write three lines: ${HEADER}, ${ENCODING}, and ${KEY_BYTES * 2} hex digits.`;
  return new TransportError("transport/invalid-key", `Cannot use the swarm key: ${state}`, { hint });
}
