import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";
import { loadTls, type TlsPlace } from "./api-tls.ts";
import { startTestApi } from "./test-api.ts";

const DAY_MS = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), "gadus-tls-"));
afterAll(() => rmSync(folder, { recursive: true }));

const place: TlsPlace = {
  certFile: join(folder, "api-tls.crt"),
  keyFile: join(folder, "api-tls.key"),
  host: "127.0.0.1",
  nowMs: Date.now(),
};

test("loadTls() makes a certificate that a client can be told to trust, and the API is served with it", async () => {
  const tls = await loadTls({ selfSigned: true }, place);
  expect(statSync(place.keyFile).mode & 0o777).toBe(0o600);
  const api = await startTestApi({ tls });
  try {
    const url = new URL(await api.server.start());
    expect(url.protocol).toBe("https:");
    const path = new URL("/api/v1/agent/alive", url);
    const [response] = (await once(get(path, { ca: tls?.cert }), "response")) as [IncomingMessage];
    expect(await text(response)).toBe('{"Status":"OK"}');
    const byName = new URL(path);
    byName.hostname = "localhost";
    const [same] = (await once(get(byName, { ca: tls?.cert, family: 4 }), "response")) as [IncomingMessage];
    expect(same.statusCode).toBe(200);
    same.resume();
    await expect(once(get(path), "response")).rejects.toThrow(/self.signed/);
  } finally {
    await api.stop();
  }
});

test("loadTls() keeps its certificate until it nearly ends or is of another address", async () => {
  const first = await loadTls({ selfSigned: true }, place);
  expect(await loadTls({ selfSigned: true }, { ...place, nowMs: place.nowMs + 700 * DAY_MS })).toEqual(first);
  const later = { ...place, nowMs: place.nowMs + 800 * DAY_MS };
  const second = await loadTls({ selfSigned: true }, later);
  expect(second?.cert).not.toBe(first?.cert);
  const moved = await loadTls({ selfSigned: true }, { ...later, host: "10.9.8.7" });
  expect(moved?.cert).not.toBe(second?.cert);
});

test("loadTls() makes a certificate anew where its file is spoilt", async () => {
  await loadTls({ selfSigned: true }, place);
  writeFileSync(place.keyFile, "half");
  const tls = await loadTls({ selfSigned: true }, place);
  expect(tls?.key).toContain("BEGIN PRIVATE KEY");
  expect(readFileSync(place.keyFile, "utf8")).toBe(tls?.key);
});

test("loadTls() reads files, and names what is wrong with them", async () => {
  const made = await loadTls({ selfSigned: true }, place);
  const files = { cert: place.certFile, key: place.keyFile, selfSigned: false };
  expect(await loadTls(files, place)).toEqual(made);
  const none = loadTls({ ...files, key: join(folder, "none") }, place);
  await expect(none).rejects.toMatchObject({ code: "node/invalid-config", field: "api.tls.key" });
  const swapped = loadTls({ ...files, key: place.certFile }, place);
  await expect(swapped).rejects.toMatchObject({ code: "node/invalid-config", field: "api.tls" });
});

test("loadTls() gives none where none is wanted", async () => {
  expect(await loadTls({ selfSigned: false }, place)).toBeUndefined();
});
