import { toHex } from "./bytes.ts";

/** The only source of randomness in the roles; the simulator seeds another. */
export interface Randomness {
  /** `count` unpredictable bytes. */
  bytes(count: number): Uint8Array;
}

/** A random identifier such as `e-1b4e28ba-2fa1-4d3b-9a4f-5a0d5f3c2e11` (RFC 9562, version 4). */
export function newId(prefix: string, randomness: Randomness): string {
  const bytes = randomness.bytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = toHex(bytes);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return `${prefix}-${parts.join("-")}`;
}
