import { describeResults, MAX_ATTACHED_BYTES, type ReadableVolume, type Spec } from "@gadus/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ExpectedResult, Publication, Publisher, PublishRequest } from "./publisher.ts";

/** Two nodes that are connected. */
export interface PublisherFixture {
  /** The compute node's. */
  readonly compute: Publisher;
  /** The requester's. */
  readonly requester: Publisher;
  /** Where what it publishes under `cid` is. */
  readonly locationOf: (cid: string) => Spec;
  readonly close?: () => Promise<void>;
}

const SMALL = { stdout: bytesOf(14, 1), stderr: bytesOf(0, 1), exitCode: bytesOf(1, 2) };
const LARGE = { stdout: bytesOf(20, 3), "outputs/table": bytesOf(MAX_ATTACHED_BYTES + 1, 4) };

/** The contract of a {@link Publisher} by content address. */
export function describePublisher(name: string, setup: () => Promise<PublisherFixture>): void {
  describe(`${name} is a Publisher`, () => {
    let fixture: PublisherFixture;
    beforeEach(async () => {
      fixture = await setup();
    });
    afterEach(async () => {
      await fixture.close?.();
    });

    const publish = async (files: Files, executionId = "e-1"): Promise<[Publication, ExpectedResult]> => {
      const request = await requestOf(executionId, files);
      return [await fixture.compute.publish(request), { ...request.tree, nodeId: "n-compute" }];
    };

    test("publish() of a small result carries all blocks, which check() accepts", async () => {
      const [publication, expected] = await publish(SMALL);
      expect(publication.location).toEqual(fixture.locationOf(expected.cid));
      expect(publication.blocks).toHaveLength(4);
      await expect(fixture.requester.check(publication, expected)).resolves.toBeUndefined();
    });

    test("publish() of a large result carries none, and check() fetches", async () => {
      const [publication, expected] = await publish(LARGE);
      expect(publication.blocks).toEqual([]);
      await expect(fixture.requester.check(publication, expected)).resolves.toBeUndefined();
    });

    test("publish() again, or of the same results for another execution, is the same", async () => {
      const [first] = await publish(SMALL);
      expect((await publish(SMALL))[0]).toEqual(first);
      expect((await publish(SMALL, "e-2"))[0]).toEqual(first);
    });

    test("publish() refuses results that are not the verdict's, and nobody can have them", async () => {
      const wrong = await requestOf("e-1", { ...LARGE, stdout: bytesOf(20, 9) });
      const { tree } = await requestOf("e-1", LARGE);
      await expect(fixture.compute.publish({ ...wrong, tree })).rejects.toMatchObject({
        code: "publisher/wrong-content",
        blame: "node",
      });
      const location = fixture.locationOf(wrong.tree.cid);
      const checked = fixture.requester.check(
        { location, blocks: [] },
        { ...wrong.tree, nodeId: "n-compute" },
      );
      await expect(checked).rejects.toMatchObject({ code: "publisher/not-retrievable" });
    });

    test("retract() takes a publication back", async () => {
      const [publication, expected] = await publish(LARGE);
      await fixture.compute.retract("e-1");
      await expect(fixture.requester.check(publication, expected)).rejects.toMatchObject({
        code: "publisher/not-retrievable",
        blame: "node",
      });
    });

    test("retract() leaves what another execution published, and is fine where nothing was", async () => {
      const [publication, expected] = await publish(LARGE, "e-1");
      await publish(LARGE, "e-2");
      await fixture.compute.retract("e-1");
      await fixture.compute.retract("e-unknown");
      await expect(fixture.requester.check(publication, expected)).resolves.toBeUndefined();
    });

    test("check() refuses a location that is not the verdict's", async () => {
      const [publication, expected] = await publish(SMALL);
      const other = (await describeResults(volumeOf(LARGE))).cid;
      for (const location of [
        fixture.locationOf(other),
        { ...publication.location, params: { ...publication.location.params, cid: other } },
        { ...publication.location, params: {} },
        { ...publication.location, type: "elsewhere" },
        { ...publication.location, params: { ...publication.location.params, mirror: "http://192.0.2.1/" } },
      ]) {
        await expect(fixture.requester.check({ ...publication, location }, expected)).rejects.toMatchObject({
          code: "publisher/wrong-content",
          blame: "node",
        });
      }
    });

    test("check() refuses a changed byte, a missing block, and a size that is not the verdict's", async () => {
      const [publication, expected] = await publish(SMALL);
      const changed = publication.blocks.map((block, index) =>
        index === 1 ? { ...block, bytes: bytesOf(14, 77) } : block,
      );
      const wrong: [Publication, ExpectedResult][] = [
        [{ ...publication, blocks: changed }, expected],
        [{ ...publication, blocks: publication.blocks.slice(1) }, expected],
        [{ ...publication, blocks: publication.blocks.slice(0, -1) }, expected],
        [publication, { ...expected, sizeBytes: expected.sizeBytes + 1 }],
      ];
      for (const [given, wanted] of wrong) {
        await expect(fixture.requester.check(given, wanted)).rejects.toMatchObject({
          code: "publisher/wrong-content",
          blame: "node",
          message: expect.stringContaining("n-compute") as unknown,
        });
      }
    });

    test("check() refuses more blocks than may come with a publication", async () => {
      const [publication, expected] = await publish(SMALL);
      const cid = publication.blocks[0]?.cid ?? "";
      const blocks = [...publication.blocks, { cid, bytes: new Uint8Array(MAX_ATTACHED_BYTES) }];
      await expect(fixture.requester.check({ ...publication, blocks }, expected)).rejects.toMatchObject({
        code: "publisher/wrong-content",
      });
    });

    test("publish() and check() reject with the signal's reason", async () => {
      const [publication, expected] = await publish(SMALL);
      const reason = new Error("no longer wanted");
      const options = { signal: AbortSignal.abort(reason) };
      const request = await requestOf("e-2", SMALL);
      await expect(fixture.compute.publish(request, options)).rejects.toBe(reason);
      await expect(fixture.requester.check(publication, expected, options)).rejects.toBe(reason);
    });
  });
}

type Files = Readonly<Record<string, Uint8Array>>;

async function requestOf(executionId: string, files: Files): Promise<PublishRequest> {
  const results = volumeOf(files);
  return { executionId, results, tree: await describeResults(results), params: {} };
}

/** Bytes that differ from one `seed` to another. */
function bytesOf(count: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, at) => (at * 31 + (at >>> 8) * 7 + seed * 101) & 0xff);
}

/** A volume of files in at most one folder each. */
function volumeOf(files: Files): ReadableVolume {
  const file = (path: string) => ({ path, kind: "file" as const, sizeBytes: files[path]?.length ?? 0 });
  return {
    async stat(path) {
      return path in files ? file(path) : undefined;
    },
    async *list(folder) {
      const names = Object.keys(files).map((path) => path.split("/"));
      for (const [first = "", second] of names) {
        if (folder === "" && second === undefined) yield file(first);
        if (folder === "" && second !== undefined) yield { path: first, kind: "folder", sizeBytes: 0 };
        if (folder === first && second !== undefined) yield file(`${first}/${second}`);
      }
    },
    async read(path, offset, length) {
      return (files[path] ?? new Uint8Array(0)).slice(offset, offset + length);
    },
    async close() {},
  };
}
