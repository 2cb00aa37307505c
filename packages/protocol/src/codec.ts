import { decodeValue, encodeValue } from "./cbor.ts";
import { MAX_MESSAGE_BYTES, type Message, messageSchema } from "./message.ts";
import { ProtocolError } from "./protocol-error.ts";

/**
 * `message` in deterministic DAG-CBOR.
 *
 * @throws {ProtocolError} `protocol/message-too-large`
 */
export function encodeMessage(message: Message): Uint8Array {
  const bytes = encodeValue(message);
  if (bytes.length <= MAX_MESSAGE_BYTES) return bytes;
  const state = `${bytes.length} bytes are more than ${MAX_MESSAGE_BYTES}`;
  throw new ProtocolError("protocol/message-too-large", `Cannot send message "${message.type}": ${state}`);
}

/**
 * The message in `bytes`, with its size checked before it is decoded and its shape after.
 *
 * @throws {ProtocolError} `protocol/message-too-large`, `protocol/invalid-message`
 */
export function decodeMessage(bytes: Uint8Array): Message {
  return decodeValue(messageSchema, bytes, MAX_MESSAGE_BYTES);
}
