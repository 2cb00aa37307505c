import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeyPair, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { IDENTITY_KEY_FILE, loadIdentityKey } from "./identity-key.ts";
import { createIdentity } from "./libp2p-identity.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gadus-key-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("loadIdentityKey()", () => {
  test("makes a key that only its owner can read, and finds it again", async () => {
    const key = await loadIdentityKey(folder);
    expect((await stat(join(folder, IDENTITY_KEY_FILE))).mode & 0o777).toBe(0o600);
    expect((await loadIdentityKey(folder)).equals(key)).toBe(true);
  });

  test("answers one key to two that ask at once", async () => {
    const [a, b] = await Promise.all([loadIdentityKey(folder), loadIdentityKey(folder)]);
    expect(a.equals(b)).toBe(true);
  });

  test("names a file that holds no Ed25519 key, and leaves it as it is", async () => {
    const file = join(folder, IDENTITY_KEY_FILE);
    const secp256k1 = privateKeyToProtobuf(await generateKeyPair("secp256k1"));
    for (const content of [new Uint8Array([1, 2, 3]), new Uint8Array(), secp256k1]) {
      await writeFile(file, content);
      await expect(loadIdentityKey(folder)).rejects.toMatchObject({
        code: "transport/invalid-key",
        message: expect.stringContaining(file),
      });
      expect(Uint8Array.from(await readFile(file))).toEqual(content);
    }
  });

  test("names a folder that isn't there", async () => {
    await expect(loadIdentityKey(join(folder, "none"))).rejects.toMatchObject({
      code: "transport/invalid-key",
    });
  });
});

test("createIdentity() signs what libp2p's own keys verify", async () => {
  const key = await generateKeyPair("Ed25519");
  const identity = createIdentity(key);
  const bytes = new TextEncoder().encode("a statement");
  expect(identity.nodeId).toBe(peerIdFromPrivateKey(key).toString());
  expect(await key.publicKey.verify(bytes, await identity.sign(bytes))).toBe(true);
  expect(await identity.verify(identity.nodeId, bytes, await key.sign(bytes))).toBe(true);
});
