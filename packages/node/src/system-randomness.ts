import { randomBytes } from "node:crypto";
import type { Randomness } from "@gadus/protocol";

/** The operating system's randomness. */
export const systemRandomness: Randomness = {
  bytes: (count) => new Uint8Array(randomBytes(count)),
};
