import { MemoryBlockstore } from "blockstore-core";
import fc from "fast-check";
import { importer } from "ipfs-unixfs-importer";
import { describe, expect, test } from "vitest";
import type { ReadableVolume, VolumeEntry } from "./readable-volume.ts";
import {
  compareBytewise,
  describeResults,
  EMPTY_RESULTS_DIGEST,
  importResults,
  MAX_RESULT_DEPTH,
  MAX_RESULT_FILES,
} from "./results-tree.ts";

type Files = Readonly<Record<string, string | Uint8Array>>;

describe("describeResults()", () => {
  test("names no files by the test vector", async () => {
    const tree = await describeResults(volumeOf({}));
    expect(tree).toEqual({
      digest: "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
      cid: "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354",
      sizeBytes: 0,
      files: 0,
    });
    expect(tree.digest).toBe(EMPTY_RESULTS_DIGEST);
  });

  test("names a plain greeting by the test vector", async () => {
    const tree = await describeResults(volumeOf({ stdout: "Hello, world!\n", stderr: "", exitCode: "0" }));
    expect(tree.digest).toBe("h1:Z8XgvV4hw3ACc0J3ACPoRJGTlFhcwSt2Q0oTUbrEV/w=");
    expect(tree).toMatchObject({ sizeBytes: 15, files: 3 });
  });

  test("gives the same names whatever order a volume lists its files in", async () => {
    const files = { stdout: "a", stderr: "b", exitCode: "0", "out/b/c": "1", "out/b": "", "out-2/z": "2" };
    const plain = omit(files, "out/b");
    const expected = await describeResults(volumeOf(plain));
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(Object.keys(plain), { minLength: 5 }), async (order) => {
        const shuffled = Object.fromEntries(order.map((path) => [path, plain[path] ?? ""]));
        expect(await describeResults(volumeOf(shuffled))).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  test("sorts by bytes, not by UTF-16 units or by folder", async () => {
    const names = ["a/b", "a-b", "a.b", "a", "Z", "é", "\u{1F600}", "\uff5e"];
    const sorted = [...names].sort(compareBytewise);
    expect(sorted).toEqual(["Z", "a", "a-b", "a.b", "a/b", "é", "\uff5e", "\u{1F600}"]);
  });

  test("doesn't count empty folders", async () => {
    const files = { stdout: "x", "out/a": "y" };
    const withFolders = volumeOf(files, ["empty", "out/empty", "out/empty/within"]);
    expect(await describeResults(withFolders)).toEqual(await describeResults(volumeOf(files)));
  });

  test("tells apart a file's content, name, place, and what is split in two", async () => {
    const trees = await Promise.all(
      [
        { "out/a": "x" },
        { "out/a": "y" },
        { "out/b": "x" },
        { a: "x" },
        { "out/a": "x", "out/b": "" },
        { "out/b": "x", "out/a": "" },
        { "out/a^b": "x" },
        { "out/a/b": "x" },
        { "out/a\\b": "x" },
        { "out/ a": "x" },
      ].map((files) => describeResults(volumeOf(files))),
    );
    expect(new Set(trees.map(({ digest }) => digest)).size).toBe(trees.length);
    expect(new Set(trees.map(({ cid }) => cid)).size).toBe(trees.length);
  });

  test.each([0, 1, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 3_500_000])(
    "names a file of %i bytes as the UnixFS importer does",
    async (length) => {
      const content = Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 9)) % 256);
      const tree = await describeResults(volumeOf({ "out/large": content, stdout: "x" }));
      expect(tree.cid).toBe(await rootByImporter({ "out/large": content, stdout: "x" }));
      expect(tree.sizeBytes).toBe(length + 1);
    },
  );

  test("names nested folders, and one of many files, as the UnixFS importer does", async () => {
    const many = Array.from({ length: 600 }, (_, index) => [`out/many/file-${index}`, `${index}`] as const);
    const files = { ...Object.fromEntries(many), "out/a/b/c/d": "deep", stdout: "s" };
    expect((await describeResults(volumeOf(files))).cid).toBe(await rootByImporter(files));
  });

  const hostile = [
    "a\nb",
    "a\u0000b",
    "\u007f",
    "out/\u001b[31m",
    "\ufffd",
    "\ud800",
    "..",
    "out/../x",
    "./x",
    "/x",
    "x//y",
    "out\\/x",
  ];
  test.each(hostile.map((name) => JSON.stringify(name)))("refuses the file name %s", async (name) => {
    const path = JSON.parse(name) as string;
    await expect(describeResults(listing([file(path)]))).rejects.toMatchObject({
      code: "protocol/invalid-results",
      blame: "job",
    });
  });

  test("refuses a folder whose name is hostile, though it is empty", async () => {
    const folders = ["a\nb", "ends in a backslash\\"].map(
      (path) => ({ path, kind: "folder", sizeBytes: 0 }) as const,
    );
    for (const folder of folders) {
      await expect(describeResults(listing([folder]))).rejects.toMatchObject({
        code: "protocol/invalid-results",
      });
    }
  });

  test("refuses folders that go too deep, or round and round", async () => {
    const endless: ReadableVolume = {
      ...volumeOf({}),
      async *list(path) {
        yield { path: path === "" ? "a" : `${path}/a`, kind: "folder", sizeBytes: 0 };
      },
    };
    await expect(describeResults(endless)).rejects.toThrow(`more than ${MAX_RESULT_DEPTH} folders deep`);
  });

  test("refuses more files and folders than its limit", async () => {
    const entries = Array.from({ length: MAX_RESULT_FILES + 1 }, (_, index) => file(`f${index}`));
    await expect(describeResults(listing(entries))).rejects.toThrow(`more than ${MAX_RESULT_FILES} files`);
  });

  test("refuses a file that changes while it is read", async () => {
    const shorter = volumeOf({ stdout: "short" });
    const read: ReadableVolume["read"] = (...wanted) => shorter.read(...wanted);
    const volume = { ...listing([file("stdout", 9)]), read };
    await expect(describeResults(volume)).rejects.toThrow("it changed while it was read");
  });

  test("passes a failure of the volume on as it is", async () => {
    const failing: ReadableVolume = {
      ...volumeOf({ stdout: "x" }),
      read: () => Promise.reject(new Error("the disk is gone")),
    };
    await expect(describeResults(failing)).rejects.toThrow("the disk is gone");
  });
});

describe("importResults()", () => {
  test("gives the sink every block of the tree that describeResults() names", async () => {
    const files = { stdout: "x", "out/large": new Uint8Array(2_500_000).fill(3), "out/a": "y" };
    const blocks = new Map<string, Uint8Array>();
    const tree = await importResults(volumeOf(files), {
      put: (cid, block) => {
        blocks.set(cid.toString(), block);
        return cid;
      },
    });
    expect(tree).toEqual(await describeResults(volumeOf(files)));
    expect(blocks.has(tree.cid)).toBe(true);
    expect(blocks.size).toBeGreaterThan(5);
  });

  test("gives the sink the one block of an empty tree", async () => {
    const blocks: [string, number[]][] = [];
    await importResults(volumeOf({}), {
      put: (cid, block) => {
        blocks.push([cid.toString(), [...block]]);
        return cid;
      },
    });
    const cid = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
    expect(blocks).toEqual([[cid, [0x0a, 0x02, 0x08, 0x01]]]);
  });
});

async function rootByImporter(files: Files): Promise<string> {
  const candidates = Object.entries(files).map(([path, content]) => ({ path, content: bytesOf(content) }));
  const options = { profile: "unixfs-v1-2025", wrapWithDirectory: true } as const;
  let root = "";
  for await (const entry of importer(candidates, new MemoryBlockstore(), options))
    root = entry.cid.toString();
  return root;
}

function volumeOf(files: Files, emptyFolders: readonly string[] = []): ReadableVolume {
  return {
    async stat() {
      return undefined;
    },
    async *list(folder) {
      const prefix = folder === "" ? "" : `${folder}/`;
      const shown = new Set<string>();
      for (const path of [...Object.keys(files), ...emptyFolders.map((name) => `${name}/`)]) {
        if (!path.startsWith(prefix)) continue;
        const [name = "", ...rest] = path.slice(prefix.length).split("/");
        if (name === "" || shown.has(name)) continue;
        shown.add(name);
        const whole = `${prefix}${name}`;
        if (rest.length > 0) yield { path: whole, kind: "folder", sizeBytes: 0 };
        else yield { path: whole, kind: "file", sizeBytes: bytesOf(files[path] ?? "").length };
      }
    },
    async read(path, offset, length) {
      return bytesOf(files[path] ?? "").slice(offset, offset + length);
    },
    async close() {},
  };
}

function listing(entries: readonly VolumeEntry[]): ReadableVolume {
  return {
    ...volumeOf({}),
    async *list(folder) {
      if (folder === "") yield* entries;
    },
  };
}

function file(path: string, sizeBytes = 0): VolumeEntry {
  return { path, kind: "file", sizeBytes };
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

function omit<T>(files: Readonly<Record<string, T>>, path: string): Record<string, T> {
  return Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));
}
