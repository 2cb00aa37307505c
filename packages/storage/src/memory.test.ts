import { expect, test } from "vitest";
import { describeContentStore, describeScratchSpace, describeStorageSource } from "./conformance.ts";
import { createMemoryContent, createMemoryScratch, createMemorySource, memoryVolume } from "./memory.ts";
import { patternBytes } from "./source-conformance.ts";

const VOLUMES = {
  folder: memoryVolume({ "a.txt": "alpha", "b/deep.txt": "deep", "b/empty": "" }),
  file: memoryVolume({ "": patternBytes(5000) }),
};

describeStorageSource("memory", { folders: true, seesMissing: true }, async () => ({
  source: createMemorySource({ find: async ({ name }) => VOLUMES[name as keyof typeof VOLUMES] }),
  folder: { type: "memory", params: { name: "folder" } },
  file: { type: "memory", params: { name: "file" } },
  fileBytes: 5000,
  missing: { type: "memory", params: { name: "nothing" } },
}));

describeStorageSource("memory content under a CID", { folders: false, seesMissing: false }, async () => {
  const content = createMemoryContent();
  const { cid, sizeBytes } = await content.add(patternBytes(3 * 1024 * 1024 + 5));
  return {
    source: createMemorySource({
      type: "ipfs",
      find: async (params) => content.volume(String(params["cid"])),
    }),
    file: { type: "ipfs", params: { cid } },
    fileBytes: sizeBytes,
    missing: { type: "ipfs", params: { cid: "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy" } },
  };
});

describeScratchSpace("memory", async () => {
  const scratch = createMemoryScratch();
  return { scratch, reopen: async () => scratch };
});

describeContentStore("memory", async () => ({
  content: createMemoryContent(),
  other: createMemoryContent(),
}));

test("write() rejects with storage/full past the limit of all folders together", async () => {
  const scratch = createMemoryScratch({ maxBytes: 10 });
  const [first, second] = [await scratch.create("a"), await scratch.create("b")];
  await first.write("file", patternBytes(6));
  await expect(second.write("file", patternBytes(5))).rejects.toMatchObject({ code: "storage/full" });
  await first.write("file", patternBytes(5));
  await second.write("file", patternBytes(5));
  await scratch.remove("a");
  await second.write("other", patternBytes(5));
});

test("memoryVolume() refuses a path that isn't relative and plain", () => {
  expect(() => memoryVolume({ "../x": "" })).toThrow(/"..\/x"/);
});
