import { createCipheriv, createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { ReadableVolume, VolumeEntry } from "./readable-volume.ts";
import { compareBytewise, importResults } from "./results-tree.ts";

/**
 * What Kubo makes of these inputs with `--profile=unixfs-v1-2025`: the vectors of its `test/cli/cid_profiles_test.go`
 * (IPIP-499), whose bytes are the ChaCha20 key stream (RFC 8439) under SHA-256 of a seed and an empty nonce.
 */
const ONE_CHUNK = "bafkreiacndfy443ter6qr2tmbbdhadvxxheowwf75s6zehscklu6ezxmta";
const ONE_BYTE_MORE = "bafybeigmix7t42i6jacydtquhet7srwvgpizfg7gjbq7627d35mjomtu64";
const WIDEST_FOLDER = "bafybeic3h7rwruealwxkacabdy45jivq2crwz6bufb5ljwupn36gicplx4";
const SMALLEST_SHARDED_FOLDER = "bafybeiegvuterwurhdtkikfhbxcldohmxp566vpjdofhzmnhv6o4freidu";

const MIB = 1_048_576;
const LETTERS = "abcdefghijklmnopqrstuvwxyz01234567890-_";

function keyStream(seed: string, length: number): Uint8Array {
  const cipher = createCipheriv("chacha20", createHash("sha256").update(seed).digest(), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(length));
}

/** As many names of 11 letters, the last one longer. */
function fileNames(count: number, lastLength: number): readonly string[] {
  const letters = Array.from(keyStream("hamt-unixfs-v1-2025", MIB), (byte) => LETTERS[byte % LETTERS.length]);
  return Array.from({ length: count }, (_, index) => {
    const length = index === count - 1 ? lastLength : 11;
    return letters.slice(index * 11, index * 11 + length).join("");
  });
}

function folderOf(files: ReadonlyMap<string, Uint8Array>): ReadableVolume {
  const entries = Array.from(
    files,
    ([path, content]): VolumeEntry => ({ path, kind: "file", sizeBytes: content.length }),
  ).toSorted((a, b) => compareBytewise(a.path, b.path));
  return {
    stat: async (path) => entries.find((entry) => entry.path === path),
    async *list() {
      yield* entries;
    },
    read: async (path, offset, length) =>
      (files.get(path) ?? new Uint8Array()).subarray(offset, offset + length),
    close: async () => {},
  };
}

async function importFolder(files: ReadonlyMap<string, Uint8Array>) {
  const put: string[] = [];
  const { cid } = await importResults(folderOf(files), {
    put: (key) => {
      put.push(key.toString());
      return key;
    },
  });
  return { cid, put };
}

describe("importResults() makes the CIDs that Kubo makes", () => {
  test.each([
    ["of exactly one chunk", MIB, ONE_CHUNK],
    ["of one byte more", MIB + 1, ONE_BYTE_MORE],
  ])("for a file %s", async (_, length, expected) => {
    const { put } = await importFolder(new Map([["file", keyStream("chunk-v1-seed", length)]]));
    expect(put).toContain(expected);
  });

  test.each([
    ["the widest folder of one block", 21, WIDEST_FOLDER],
    ["a folder one byte wider, which is sharded", 22, SMALLEST_SHARDED_FOLDER],
  ])("for %s", async (_, lastLength, expected) => {
    const files = new Map(fileNames(4766, lastLength).map((name) => [name, Uint8Array.of(120)]));
    const { cid } = await importFolder(files);
    expect(cid).toBe(expected);
  });
});
