import { describeResults } from "@gadus/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ScratchSpace } from "./scratch-space.ts";
import { toArray } from "./to-array.ts";

/** Scratch space that a test may fill. */
export interface ScratchFixture {
  readonly scratch: ScratchSpace;
  /** The same space as it is found after a restart. */
  readonly reopen: () => Promise<ScratchSpace>;
  readonly close?: () => Promise<void>;
}

const HELLO = {
  digest: "h1:Z8XgvV4hw3ACc0J3ACPoRJGTlFhcwSt2Q0oTUbrEV/w=",
  cid: "bafybeiahgkd7wxdhdbdcmj7ounluc36j6q62chqnnet5gnowmnbsaxplgy",
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The contract of {@link ScratchSpace}. */
export function describeScratchSpace(name: string, setup: () => Promise<ScratchFixture>): void {
  describe(`${name} is a ScratchSpace`, () => {
    let fixture: ScratchFixture;
    beforeEach(async () => {
      fixture = await setup();
    });
    afterEach(async () => {
      await fixture.close?.();
    });

    test("create() makes an empty folder", async () => {
      const folder = await fixture.scratch.create("e-1");
      expect(await toArray(folder.list(""))).toEqual([]);
      expect(await folder.stat("")).toEqual({ path: "", kind: "folder", sizeBytes: 0 });
    });

    test("create() empties what was under the id", async () => {
      await (await fixture.scratch.create("e-1")).write("old", bytes("old"));
      const folder = await fixture.scratch.create("e-1");
      expect(await folder.stat("old")).toBeUndefined();
    });

    test("write() makes the folders above a file", async () => {
      const folder = await fixture.scratch.create("e-1");
      await folder.write("a/b/c.txt", bytes("deep"));
      expect(await folder.stat("a/b")).toEqual({ path: "a/b", kind: "folder", sizeBytes: 0 });
      expect(await folder.read("a/b/c.txt", 1, 2)).toEqual(bytes("ee"));
    });

    test("write() takes a stream, and replaces what was there", async () => {
      const folder = await fixture.scratch.create("e-1");
      await folder.write("file", bytes("a longer content than the next"));
      await folder.write(
        "file",
        (async function* () {
          yield bytes("two ");
          yield bytes("parts");
        })(),
      );
      expect(await folder.read("file", 0, 100)).toEqual(bytes("two parts"));
    });

    test("write() keeps its own copy", async () => {
      const folder = await fixture.scratch.create("e-1");
      const content = bytes("before");
      await folder.write("file", content);
      content.fill(0);
      expect(await folder.read("file", 0, 100)).toEqual(bytes("before"));
    });

    test("write() refuses paths that leave the folder", async () => {
      const folder = await fixture.scratch.create("e-1");
      for (const path of ["../out", "a/../../out", "/tmp/out", "", "a//b", ".", "a\u0000b"]) {
        await expect(folder.write(path, bytes("x"))).rejects.toMatchObject({
          code: "storage/not-allowed",
        });
      }
    });

    test("write() refuses a path through a file", async () => {
      const folder = await fixture.scratch.create("e-1");
      await folder.write("file", bytes("x"));
      await expect(folder.write("file/inside", bytes("x"))).rejects.toMatchObject({
        code: "storage/not-allowed",
      });
    });

    test("write() rejects with the signal's reason", async () => {
      const folder = await fixture.scratch.create("e-1");
      const reason = new Error("no longer wanted");
      await expect(folder.write("file", bytes("x"), { signal: AbortSignal.abort(reason) })).rejects.toBe(
        reason,
      );
    });

    test("a folder is a volume that has a digest and a CID", async () => {
      const folder = await fixture.scratch.create("e-1");
      await folder.write("stdout", bytes("Hello, world!\n"));
      await folder.write("stderr", new Uint8Array(0));
      await folder.write("exitCode", bytes("0"));
      await folder.sync();
      expect(await describeResults(folder)).toMatchObject(HELLO);
    });

    test("open() finds after a restart what was synced", async () => {
      const folder = await fixture.scratch.create("e-1");
      await folder.write("out/file", bytes("kept"));
      await folder.sync();
      await folder.close();
      const again = await (await fixture.reopen()).open("e-1");
      expect(await again?.read("out/file", 0, 100)).toEqual(bytes("kept"));
    });

    test("open() answers undefined where nothing is", async () => {
      expect(await fixture.scratch.open("e-unknown")).toBeUndefined();
    });

    test("remove() removes a folder with all in it, once or twice", async () => {
      const folder = await fixture.scratch.create("e-1");
      await folder.write("a/b", bytes("x"));
      await fixture.scratch.remove("e-1");
      await fixture.scratch.remove("e-1");
      expect(await fixture.scratch.open("e-1")).toBeUndefined();
    });

    test("list() names all folders, whatever characters their ids have", async () => {
      const ids = ["e-1", "job/with/slashes", "..", "Ünï-çødé", "UPPER", "upper", "a%2Fb"];
      for (const id of ids) await (await fixture.scratch.create(id)).write("id", bytes(id));
      expect((await toArray((await fixture.reopen()).list())).sort()).toEqual([...ids].sort());
      for (const id of ids) {
        expect(await (await fixture.scratch.open(id))?.read("id", 0, 100)).toEqual(bytes(id));
      }
    });
  });
}
