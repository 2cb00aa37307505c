import { createHash } from "node:crypto";
import { salsa20 } from "@noble/ciphers/salsa.js";
import { expect, test } from "vitest";
import { generateSwarmKey, parseSwarmKey, swarmKeyFingerprint } from "./swarm-key.ts";

const KEY = `/key/swarm/psk/1.0.0/\n/base16/\n${"0123456789abcdef".repeat(4)}\n`;

test("generateSwarmKey() makes another key each time, in the form that is read", () => {
  const [one, other] = [generateSwarmKey(), generateSwarmKey()];
  expect(parseSwarmKey(one)).toHaveLength(32);
  expect(one).not.toBe(other);
});

test("swarmKeyFingerprint() is of the key, however its file writes it, and no part of it", () => {
  const stream = salsa20(parseSwarmKey(KEY), Buffer.from("finprint"), new Uint8Array(64));
  const expected = createHash("shake128", { outputLength: 16 }).update(stream).digest("hex");
  expect(swarmKeyFingerprint(KEY)).toBe(expected);
  expect(swarmKeyFingerprint(KEY.replaceAll("\n", "\r\n").replace(/[a-f]+/g, (hex) => hex))).toBe(expected);
  expect(swarmKeyFingerprint(generateSwarmKey())).not.toBe(expected);
  expect(KEY).not.toContain(expected);
});

test("swarmKeyFingerprint() refuses what is no key", () => {
  expect(() => swarmKeyFingerprint("nothing")).toThrow(/its first line is not/);
});
