import type { Message } from "@gadus/protocol";

/** What a value takes besides its text or bytes. */
const VALUE_BYTES = 16;
/** A character of text takes as many bytes at most. */
const CHARACTER_BYTES = 2;

/** About how much memory `message` takes. */
export function weighMessage(message: Message): number {
  let bytes = 0;
  const waiting: unknown[] = [message];
  while (waiting.length > 0) {
    const value = waiting.pop();
    bytes += VALUE_BYTES;
    if (typeof value === "string") bytes += value.length * CHARACTER_BYTES;
    else if (value instanceof Uint8Array) bytes += value.length;
    else if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        if (!Array.isArray(value)) bytes += key.length * CHARACTER_BYTES;
        waiting.push(inner);
      }
    }
  }
  return bytes;
}
