import type { ReadableVolume, Spec } from "@gadus/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StorageSource } from "./storage.ts";
import { toArray } from "./to-array.ts";

/** What a kind of source can do, known before it is set up. */
export interface SourceTraits {
  /** Whether it presents folders. */
  readonly folders: boolean;
  /** Whether `check` sees what can't be had without fetching it. */
  readonly seesMissing: boolean;
}

/** A storage source, and sources that a test of it uses. */
export interface SourceFixture {
  readonly source: StorageSource;
  /** A folder of `a.txt` = `alpha`, `b/deep.txt` = `deep`, `b/empty` = nothing; asked for where the traits say so. */
  readonly folder?: Spec;
  /** A file of {@link patternBytes}, at least 1,000 of them. */
  readonly file: Spec;
  readonly fileBytes: number;
  /** One that this source can't present. */
  readonly missing: Spec;
  readonly close?: () => Promise<void>;
}

/** Bytes in which every offset shows. */
export function patternBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += 1) bytes[at] = at * 7 + (at >>> 8) * 13 + (at >>> 16) * 29;
  return bytes;
}

/** The contract of {@link StorageSource}. */
export function describeStorageSource(
  name: string,
  { folders, seesMissing }: SourceTraits,
  setup: () => Promise<SourceFixture>,
): void {
  describe(`${name} is a StorageSource`, () => {
    let fixture: SourceFixture;
    beforeEach(async () => {
      fixture = await setup();
    });
    afterEach(async () => {
      await fixture.close?.();
    });

    const use = async (spec: Spec, action: (volume: ReadableVolume) => Promise<void>): Promise<void> => {
      const volume = await fixture.source.open(spec);
      await action(volume);
      await volume.close();
    };

    const folder = (): Spec => {
      if (fixture.folder === undefined) throw new Error("the fixture has no folder");
      return fixture.folder;
    };

    test("check() says that what is there is available", async () => {
      expect((await fixture.source.check(fixture.file)).available).toBe(true);
    });

    test("check() tells the right size of a file, if any", async () => {
      const { sizeBytes = fixture.fileBytes, ...found } = {
        sizeBytes: undefined,
        ...(await fixture.source.check(fixture.file)),
      };
      expect({ sizeBytes, ...found }).toEqual({ available: true, sizeBytes: fixture.fileBytes });
    });

    test.runIf(seesMissing)("check() says in words why what is missing isn't available", async () => {
      const found = await fixture.source.check(fixture.missing);
      expect(found).toMatchObject({ available: false, reason: expect.stringMatching(/\w+ \w+/) as unknown });
    });

    test("open() rejects what is missing with a code, at once or when it is read", async () => {
      const read = fixture.source.open(fixture.missing).then((volume) => volume.stat(""));
      await expect(read).rejects.toMatchObject({ code: expect.stringMatching(/^storage\//) as unknown });
    });

    test("open() rejects with the signal's reason", async () => {
      const reason = new Error("no longer wanted");
      await expect(fixture.source.open(fixture.file, { signal: AbortSignal.abort(reason) })).rejects.toBe(
        reason,
      );
    });

    test("stat() of a file's volume is the file", async () => {
      await use(fixture.file, async (volume) => {
        expect(await volume.stat("")).toEqual({ path: "", kind: "file", sizeBytes: fixture.fileBytes });
        expect(await volume.stat("inside")).toBeUndefined();
      });
    });

    test("read() answers the bytes at an offset, and fewer only at the end", async () => {
      const expected = patternBytes(fixture.fileBytes);
      await use(fixture.file, async (volume) => {
        const { fileBytes } = fixture;
        for (const [offset, length] of [
          [0, 10],
          [137, 600],
          [fileBytes - 5, 100],
          [fileBytes, 1],
          [fileBytes + 9, 9],
          [0, 0],
        ] as const) {
          const read = await volume.read("", offset, length);
          expect(
            Buffer.from(read).equals(expected.subarray(offset, offset + length)),
            `${offset}+${length}`,
          ).toBe(true);
        }
      });
    });

    test("read() of the whole file is its content", async () => {
      await use(fixture.file, async (volume) => {
        const read = await volume.read("", 0, fixture.fileBytes);
        expect(Buffer.from(read).equals(patternBytes(fixture.fileBytes))).toBe(true);
      });
    });

    test.runIf(folders)("list() answers a folder's entries sorted by name", async () => {
      await use(folder(), async (volume) => {
        expect(await toArray(volume.list(""))).toEqual([
          { path: "a.txt", kind: "file", sizeBytes: 5 },
          { path: "b", kind: "folder", sizeBytes: 0 },
        ]);
        expect(await toArray(volume.list("b"))).toEqual([
          { path: "b/deep.txt", kind: "file", sizeBytes: 4 },
          { path: "b/empty", kind: "file", sizeBytes: 0 },
        ]);
      });
    });

    test.runIf(folders)("stat() and read() reach into folders", async () => {
      await use(folder(), async (volume) => {
        expect(await volume.stat("")).toEqual({ path: "", kind: "folder", sizeBytes: 0 });
        expect(await volume.stat("b")).toEqual({ path: "b", kind: "folder", sizeBytes: 0 });
        expect(await volume.stat("b/deep.txt")).toEqual({ path: "b/deep.txt", kind: "file", sizeBytes: 4 });
        expect(new TextDecoder().decode(await volume.read("b/deep.txt", 1, 2))).toBe("ee");
        expect(await volume.read("b/empty", 0, 10)).toHaveLength(0);
        expect(await volume.stat("b/nothing")).toBeUndefined();
        expect(await volume.stat("a.txt/inside")).toBeUndefined();
      });
    });

    test.runIf(folders)("read() and list() refuse what isn't there or is of the other kind", async () => {
      await use(folder(), async (volume) => {
        await expect(volume.read("nothing", 0, 1)).rejects.toMatchObject({ code: "storage/not-found" });
        await expect(volume.read("b", 0, 1)).rejects.toMatchObject({ code: "storage/not-found" });
        await expect(toArray(volume.list("a.txt"))).rejects.toMatchObject({
          code: "storage/not-found",
        });
      });
    });

    test.runIf(folders)("paths that leave the volume are refused", async () => {
      await use(folder(), async (volume) => {
        for (const path of ["..", "b/../../x", "/etc/passwd", "b//deep.txt", "./a.txt", "a\u0000b"]) {
          await expect(volume.read(path, 0, 1)).rejects.toMatchObject({ code: "storage/not-allowed" });
          await expect(volume.stat(path)).rejects.toMatchObject({ code: "storage/not-allowed" });
        }
      });
    });
  });
}
