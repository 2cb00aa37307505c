import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { LogFields, Logger, ReadableVolume } from "@gadus/protocol";
import { memoryVolume } from "@gadus/storage/memory";
import { afterEach, expect, test } from "vitest";
import type { PublishedRoutes } from "./http-published.ts";
import { createResultLinks } from "./result-links.ts";
import { startTestApi, type TestApi } from "./test-api.ts";
import { makeTestAuth } from "./test-auth.ts";

const CID = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
const GONE = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";
const ELSEWHERE = "bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";
const FILES = {
  stdout: "hello\n",
  stderr: "",
  "out/a.bin": new Uint8Array(300_000).map((_, at) => (at * at) >> 3),
};

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const links = createResultLinks(new Uint8Array(32).fill(1), Promise.resolve(new URL("http://node")));

async function start(
  published: Partial<PublishedRoutes> = {},
  change: Parameters<typeof startTestApi>[0] = {},
): Promise<TestApi> {
  const auth = makeTestAuth({ anonymous: "none" });
  cleanups.push(() => auth.remove());
  const openKept = async (cid: string): Promise<ReadableVolume> => {
    if (cid === CID) return memoryVolume(FILES);
    throw new Error("its root isn't here");
  };
  const openTree: PublishedRoutes["openTree"] = async (cid, { signal }) => {
    if (cid === ELSEWHERE) return memoryVolume(FILES);
    return new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason as Error));
    });
  };
  const api = await startTestApi({
    auth: auth.auth,
    published: {
      links,
      openKept,
      openTree,
      fetchTimeoutMs: 50,
      maxDownloads: 2,
      stallTimeoutMs: 60_000,
      ...published,
    },
    ...change,
  });
  cleanups.push(() => api.stop());
  return api;
}

async function pathOf(cid: string): Promise<string> {
  return new URL(await links.urlOf(cid)).pathname;
}

async function get(
  api: TestApi,
  cid = CID,
  headers: Record<string, string> = {},
  method: "GET" | "HEAD" = "GET",
) {
  return api.server.app.inject({ method, url: await pathOf(cid), headers });
}

test("The link gives whoever has it an archive that tar unpacks, the same each time", async () => {
  const api = await start();
  const response = await get(api);
  expect(response.statusCode).toBe(200);
  expect(response.headers).toMatchObject({
    "content-type": "application/gzip",
    "content-disposition": `attachment; filename="${CID}.tar.gz"`,
    "accept-ranges": "bytes",
    etag: expect.stringContaining(CID),
  });
  const folder = mkdtempSync(join(tmpdir(), "gadus-published-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "a.tar.gz"), response.rawPayload);
  execFileSync("tar", ["-xzf", join(folder, "a.tar.gz"), "-C", folder]);
  for (const [path, content] of Object.entries(FILES))
    expect(readFileSync(join(folder, path))).toEqual(Buffer.from(content));
  expect((await get(api)).rawPayload).toEqual(response.rawPayload);
});

test("A wrong link is answered 404, and so is the link to a result that is no longer kept", async () => {
  const api = await start();
  const path = await pathOf(CID);
  const token = /\.([\w-]{43})\./.exec(path)?.[1] ?? "";
  for (const wrong of [path.replace(token, "A".repeat(43)), path.replace(`.${token}`, ""), "/results/x"]) {
    const response = await api.server.app.inject({ url: wrong });
    expect(response.statusCode).toBe(404);
    expect(response.json<object>()).toMatchObject({ Code: "node/no-results" });
    expect(response.payload).toContain("made no such link");
  }
  const gone = await get(api, GONE);
  expect(gone.statusCode).toBe(404);
  expect(gone.payload).toContain("keeps it no more");
});

async function passedOn(api: TestApi, cid: string, headers: Record<string, string> = {}) {
  const url = new URL((await links.urlThrough(cid, undefined)) ?? "").pathname;
  return api.server.app.inject({ url, headers });
}

test("What a link passes on is fetched, as one archive or in ranges", async () => {
  const api = await start();
  const whole = await passedOn(api, ELSEWHERE);
  expect(whole.statusCode).toBe(200);
  expect(whole.rawPayload).toEqual((await get(api)).rawPayload);
  const part = await passedOn(api, ELSEWHERE, { range: "bytes=-100" });
  expect([part.statusCode, part.rawPayload]).toEqual([206, whole.rawPayload.subarray(-100)]);
});

test("A link to what a node keeps fetches nothing, and one to what it passes on is 504 where nobody has it", async () => {
  const api = await start();
  expect((await get(api, ELSEWHERE)).statusCode).toBe(404);
  const missing = await passedOn(api, GONE);
  expect(missing.statusCode).toBe(504);
  expect(missing.json<object>()).toMatchObject({ Code: "node/not-retrievable" });
});

test("HEAD tells the length and sends nothing", async () => {
  const api = await start();
  const head = await get(api, CID, {}, "HEAD");
  const whole = await get(api);
  expect(head.statusCode).toBe(200);
  expect(head.rawPayload).toHaveLength(0);
  expect(head.headers["content-length"]).toBe(String(whole.rawPayload.length));
  expect(head.headers.etag).toBe(whole.headers.etag);
});

test("ranges are parts of the same archive, so that a download can go on", async () => {
  const api = await start();
  const whole = (await get(api)).rawPayload;
  const size = whole.length;
  for (const [range, from, to] of [
    ["bytes=0-0", 0, 1],
    ["bytes=1000-", 1000, size],
    ["bytes=-100", size - 100, size],
    [`bytes=${size - 5}-${size + 5}`, size - 5, size],
  ] as const) {
    const part = await get(api, CID, { range });
    expect(part.statusCode).toBe(206);
    expect(part.headers["content-range"]).toBe(`bytes ${from}-${to - 1}/${size}`);
    expect(part.headers["content-length"]).toBe(String(to - from));
    expect(part.rawPayload).toEqual(whole.subarray(from, to));
  }
  expect((await get(api, CID, { range: `bytes=${size}-` })).statusCode).toBe(416);
  const other = await get(api, CID, { range: "bytes=0-0", "if-range": '"another"' });
  expect([other.statusCode, other.rawPayload.length]).toEqual([200, size]);
});

test("If-None-Match is answered 304 by the archive's own tag", async () => {
  const api = await start();
  const { etag } = (await get(api)).headers;
  const same = await get(api, CID, { "if-none-match": `"x", ${String(etag)}` });
  expect([same.statusCode, same.payload]).toEqual([304, ""]);
  expect((await get(api, CID, { "if-none-match": '"x"' })).statusCode).toBe(200);
});

/** A tree of one file of `sizeBytes` that doesn't compress well. */
function large(sizeBytes: number, broken = Number.POSITIVE_INFINITY): ReadableVolume {
  const entry = { path: "big", kind: "file" as const, sizeBytes };
  const noise = Uint8Array.from(
    { length: 1024 * 1024 },
    (_, at) => (Math.imul(at, 2_654_435_761) >>> 13) & 255,
  );
  return {
    stat: async () => entry,
    async *list() {
      yield entry;
    },
    async read(_path, offset, length) {
      if (offset >= broken) throw new Error("a block is gone");
      return noise.subarray(0, Math.min(length, noise.length));
    },
    close: async () => {},
  };
}

/** Asks without reading the answer. */
async function askSlowly(url: string, path: string) {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  cleanups.push(() => void socket.destroy());
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await once(socket, "readable");
  return socket;
}

test("No more archives than allowed are sent at one time, and the next once one has ended", async () => {
  const api = await start({ openKept: async () => large(10 ** 9) });
  const url = await api.server.start();
  const path = await pathOf(CID);
  const first = await askSlowly(url, path);
  await askSlowly(url, path);
  const refused = await fetch(url + path);
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(await refused.json()).toMatchObject({ Code: "node/overloaded" });
  first.destroy();
  await expect
    .poll(async () => {
      const response = await fetch(url + path);
      await response.body?.cancel();
      return response.status;
    })
    .toBe(200);
});

test("Who takes nothing for too long is cut off, and what isn't taken isn't read", async () => {
  let read = 0;
  const volume = large(10 ** 9);
  const counted: ReadableVolume = {
    ...volume,
    read: (...args) => {
      read += 1;
      return volume.read(...args);
    },
  };
  const api = await start({ openKept: async () => counted, stallTimeoutMs: 100, maxDownloads: 1 });
  const url = await api.server.start();
  await askSlowly(url, await pathOf(CID));
  await expect
    .poll(async () => (await fetch(url + (await pathOf(CID)), { method: "GET" })).status, { timeout: 10_000 })
    .toBe(200);
  expect(read).toBeLessThan(1000);
});

test("Who waits for an archive that takes long to make isn't cut off", async () => {
  const volume = large(4 * 1024 * 1024);
  const slow: ReadableVolume = {
    ...volume,
    async read(...args) {
      await delay(20);
      return volume.read(...args);
    },
  };
  const api = await start({ openKept: async () => slow, stallTimeoutMs: 100 });
  const url = await api.server.start();
  const part = await fetch(url + (await pathOf(CID)), { headers: { range: "bytes=-100" } });
  expect(part.status).toBe(206);
  expect((await part.arrayBuffer()).byteLength).toBe(100);
});

test("An archive that can't be finished breaks off, and doesn't look whole", async () => {
  const api = await start({ openKept: async () => large(64 * 1024 * 1024, 8 * 1024 * 1024) });
  const url = await api.server.start();
  const response = await fetch(url + (await pathOf(CID)));
  expect(response.status).toBe(200);
  await expect(response.arrayBuffer()).rejects.toThrow("terminated");
});

test("An archive of which a block is gone is answered 404 where nothing of it was sent yet", async () => {
  const api = await start({ openKept: async () => large(1024 * 1024, 512 * 1024) });
  for (const [method, headers] of [
    ["GET", { range: "bytes=0-9" }],
    ["HEAD", {}],
  ] as const) {
    const response = await get(api, CID, headers, method);
    expect(response.statusCode).toBe(404);
    expect(response.headers["content-type"]).toContain("application/json");
    expect(response.headers).not.toHaveProperty("etag");
  }
});

test("A node that publishes nothing over its HTTP and passes nothing on has no such route", async () => {
  const api = await start({}, { published: undefined });
  expect((await get(api)).json<object>()).toMatchObject({ Code: "node/unknown-route" });
});

test("The link is in no line of the log", async () => {
  const lines: string[] = [];
  const log = (message: string, fields?: LogFields): void =>
    void lines.push(JSON.stringify([message, fields]));
  const broken = async (): Promise<ReadableVolume> => large(1024 * 1024, 0);
  const logger: Logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
  const api = await start({ openKept: broken }, { logger });
  await get(api).catch(() => {});
  await get(api, CID, {}, "HEAD").catch(() => {});
  await api.server.app.inject({ method: "POST", url: await pathOf(CID) });
  const token = /\.([\w-]{43})\./.exec(await pathOf(CID))?.[1] ?? "";
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join("\n")).not.toContain(token);
});
