import { createHash } from "node:crypto";
import type { CallOptions } from "@gadus/protocol";
import { StorageError, type UrlReader } from "@gadus/storage";
import { createMemoryContent, createMemorySource, memoryVolume } from "@gadus/storage/memory";
import { describe, expect, test } from "vitest";
import { UrlInputs } from "./url-inputs.ts";

const FIELD = "Tasks[0].InputSources[1].Source";
const URL_TEXT = "https://example.org/data";
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const sha256Of = (text: string): string => createHash("sha256").update(text).digest("hex");
const never = new AbortController().signal;

/** What a server has; what isn't said is as with servers of files. */
interface Site {
  readonly text?: string;
  readonly sizeBytes?: number | undefined;
  readonly etag?: string | undefined;
  /** Waited for before the last byte. */
  readonly gate?: Promise<void>;
}

/** A web of one site, and how often it was opened and closed. */
function webOf(site: Site): {
  readonly urls: UrlReader;
  readonly opened: number[];
  readonly closed: number[];
} {
  const { text = "some content", gate } = site;
  const [opened, closed]: [number[], number[]] = [[], []];
  const open = async (url: string, { signal }: CallOptions = {}) => {
    if (url !== URL_TEXT)
      throw new StorageError("storage/not-found", `Cannot fetch "${url}": the server answered 404`);
    opened.push(opened.length);
    const hash = createHash("sha256");
    return {
      sizeBytes: "sizeBytes" in site ? site.sizeBytes : text.length,
      etag: "etag" in site ? site.etag : '"v1"',
      async *chunks() {
        for (const character of text) {
          await gate;
          signal?.throwIfAborted();
          hash.update(character);
          yield bytesOf(character);
        }
      },
      sha256: () => hash.copy().digest("hex"),
      close: () => {
        closed.push(closed.length);
      },
    };
  };
  return { urls: { open }, opened, closed };
}

function someInputs(
  site: Site,
  options: { maxFetchBytes?: number; maxFetches?: number; ranges?: boolean } = {},
) {
  const { maxFetchBytes = 1000, maxFetches = 2, ranges = true } = options;
  const web = webOf(site);
  const content = createMemoryContent();
  const http = createMemorySource({
    type: "http",
    find: async () => (ranges ? memoryVolume({ "": site.text ?? "some content" }) : undefined),
  });
  const inputs = new UrlInputs({ content, urls: web.urls, http, options: { maxFetchBytes, maxFetches } });
  const fix = (params: { url?: string; sha256?: string } = {}, signal = never) =>
    inputs.fix({ type: "http", params: { url: URL_TEXT, ...params } }, FIELD, signal);
  return { ...web, content, fix };
}

describe("an input that is named by URL", () => {
  test("becomes content of the requester, and nodes are told its CID", async () => {
    const { fix, content, closed } = someInputs({});
    const { cid, sizeBytes } = await createMemoryContent().add(bytesOf("some content"));
    expect(await fix()).toEqual({ source: { type: "ipfs", params: { cid } }, sizeBytes });
    expect(await content.has(cid)).toBe(true);
    expect(closed).toHaveLength(1);
  });

  test("is taken where the server doesn't tell its length, up to the limit", async () => {
    const { fix } = someInputs({ sizeBytes: undefined });
    expect(await fix()).toMatchObject({ sizeBytes: 12 });
    const small = someInputs({ sizeBytes: undefined }, { maxFetchBytes: 11 });
    await expect(small.fix()).rejects.toMatchObject({
      code: "requester/not-runnable",
      blame: "job",
      message: expect.stringMatching(/more than 11 bytes .* didn't tell how many/) as unknown,
    });
  });

  test("is checked against its checksum, and what is another isn't kept", async () => {
    const { fix, content } = someInputs({});
    expect(await fix({ sha256: sha256Of("some content") })).toMatchObject({ sizeBytes: 12 });
    const other = someInputs({ text: "other content" });
    await expect(other.fix({ sha256: sha256Of("some content") })).rejects.toMatchObject({
      code: "requester/not-runnable",
      field: `${FIELD}.Params.ChecksumSHA256`,
      message: expect.stringContaining(sha256Of("other content")) as unknown,
    });
    const { cid } = await content.add(bytesOf("other content"));
    expect(await other.content.has(cid)).toBe(false);
  });

  test("is read by ranges of one version where it is longer than what a requester keeps", async () => {
    const { fix, content } = someInputs({}, { maxFetchBytes: 11 });
    expect(await fix()).toEqual({
      source: { type: "http", params: { url: URL_TEXT, sizeBytes: 12, etag: '"v1"' } },
      sizeBytes: 12,
    });
    const { cid } = await createMemoryContent().add(bytesOf("some content"));
    expect(await content.has(cid)).toBe(false);
  });

  test("is read whole once where it is long and has a checksum", async () => {
    const { fix } = someInputs({}, { maxFetchBytes: 11 });
    expect(await fix({ sha256: sha256Of("some content") })).toMatchObject({ source: { type: "http" } });
    await expect(fix({ sha256: sha256Of("x") })).rejects.toMatchObject({
      field: `${FIELD}.Params.ChecksumSHA256`,
    });
  });

  test("can't be fixed where it is long and its server has no strong ETag, or no ranges", async () => {
    const untold = someInputs({ etag: undefined }, { maxFetchBytes: 11 });
    await expect(untold.fix()).rejects.toMatchObject({
      code: "requester/not-runnable",
      message: expect.stringMatching(/12 bytes are more than 11 .* no strong ETag/) as unknown,
    });
    const { fix } = someInputs({}, { maxFetchBytes: 11, ranges: false });
    await expect(fix()).rejects.toMatchObject({
      code: "requester/not-runnable",
      field: `${FIELD}.Params.URL`,
    });
  });

  test("fails the job, and names the field, where the server doesn't have it", async () => {
    const { fix } = someInputs({});
    await expect(fix({ url: "https://example.org/nothing" })).rejects.toMatchObject({
      code: "requester/not-runnable",
      blame: "job",
      message: `${FIELD}.Params.URL: Cannot fetch "https://example.org/nothing": the server answered 404`,
    });
  });

  test("waits for its turn, where as many are fetched as may be", async () => {
    const gate = Promise.withResolvers<void>();
    const { fix, opened } = someInputs({ gate: gate.promise }, { maxFetches: 2 });
    const controller = new AbortController();
    const all = [fix(), fix(), fix({}, controller.signal), fix()];
    await new Promise((resolve) => setImmediate(resolve));
    expect(opened).toHaveLength(2);
    const reason = new Error("the job is over");
    controller.abort(reason);
    gate.resolve();
    const ends = await Promise.allSettled(all);
    expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(ends[2]).toMatchObject({ reason });
    expect(opened).toHaveLength(3);
  });

  test("is fetched no further once its job is over", async () => {
    const gate = Promise.withResolvers<void>();
    const controller = new AbortController();
    const { fix, closed } = someInputs({ gate: gate.promise });
    const fixed = fix({}, controller.signal);
    await new Promise((resolve) => setImmediate(resolve));
    const reason = new Error("the job is over");
    controller.abort(reason);
    gate.resolve();
    await expect(fixed).rejects.toBe(reason);
    expect(closed).toHaveLength(1);
  });
});
