import { appendFile, mkdtemp, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openBlockStore } from "./block-store.ts";
import { fileTree, patternBytes } from "./test-tree.ts";

async function newPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gadus-blocks-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, "blocks");
}

test("openBlockStore() finds every block again, and keeps none twice", async () => {
  const path = await newPath();
  const { blocks } = await fileTree(patternBytes(3 * 1024 * 1024));
  const store = await openBlockStore(path);
  await Promise.all([...blocks, ...blocks].map(({ cid, bytes }) => store.append(cid, bytes)));
  const { sizeBytes } = store;
  expect(sizeBytes).toBe(blocks.reduce((sum, { bytes }) => sum + bytes.length, 0));
  await store.close();
  const again = await openBlockStore(path);
  expect(again.sizeBytes).toBe(sizeBytes);
  for (const { cid, bytes } of blocks) expect(Buffer.compare(await again.get(cid), bytes)).toBe(0);
  await again.close();
});

test("openBlockStore() cuts off what a process died over, wherever that was, and goes on behind the rest", async () => {
  const [first, second] = await Promise.all([fileTree("first"), fileTree("second")]);
  const path = await newPath();
  const store = await openBlockStore(path);
  await store.append(first.cid, first.blocks[0]?.bytes ?? new Uint8Array());
  const { size: whole } = await stat(path);
  await store.append(second.cid, second.blocks[0]?.bytes ?? new Uint8Array());
  await store.close();
  for (let { size } = await stat(path); size > whole; size -= 1) {
    await truncate(path, size - 1);
    const cut = await openBlockStore(path);
    expect([cut.has(first.cid), cut.has(second.cid)]).toEqual([true, false]);
    expect((await stat(path)).size).toBe(whole);
    await cut.append(second.cid, second.blocks[0]?.bytes ?? new Uint8Array());
    await cut.close();
    const full = await openBlockStore(path);
    expect(Buffer.from(await full.get(second.cid)).toString()).toBe("second");
    await full.close();
    await truncate(path, size - 1);
  }
});

test("openBlockStore() takes nothing that is not what its CID names", async () => {
  const path = await newPath();
  const { cid } = await fileTree("right");
  const head = Buffer.alloc(8);
  head.writeUInt32BE(cid.bytes.length, 0);
  head.writeUInt32BE(5, 4);
  await writeFile(path, Buffer.concat([head, cid.bytes, Buffer.from("wrong")]));
  await appendFile(path, Buffer.alloc(64, 0xff));
  const store = await openBlockStore(path);
  expect([store.has(cid), store.sizeBytes]).toEqual([false, 0]);
  await expect(store.get(cid)).rejects.toMatchObject({ code: "client/not-found" });
  await store.close();
});
