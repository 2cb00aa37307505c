import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { makeExecutionRecord } from "@gadus/requester/conformance";
import { memoryVolume } from "@gadus/storage/memory";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTestApi, type TestApi } from "./test-api.ts";
import { withLinks } from "./with-links.ts";

const JOBS = "/api/v1/orchestrator/jobs";
const LONG = `deep/${"x".repeat(150)}/ü.txt`;
const FILES = { stdout: "hello\n", stderr: "", "out/a.bin": new Uint8Array(1_000).fill(7), [LONG]: "long" };

let api: TestApi;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "gadus-results-"));
  const openTree = async (cid: string) => {
    if (cid !== "bafyresult") throw new Error("nobody has it");
    return memoryVolume(FILES);
  };
  api = await startTestApi({ content: { openTree } });
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await api.stop();
});

/** A job that is over, with `count` partitions that were published under `cid`. */
async function finished(count: number, cid = "bafyresult"): Promise<string> {
  const job = { Count: count, Tasks: [{ Name: "main", Engine: { Type: "noop" } }] };
  const { jobId } = await api.requester.submit(job);
  await api.requester.stopJob(jobId, "enough");
  while (!(await api.requester.job(jobId)).job.closed) await nextTurn();
  const { partitions } = await api.requester.job(jobId);
  const publication = { type: "ipfs", params: { cid } };
  await api.store.commit(
    partitions.flatMap((partition) => {
      const id = `e-${partition.index}`;
      const state = { state: "published", publication, retrievable: true } as const;
      return [
        {
          kind: "execution" as const,
          execution: makeExecutionRecord(jobId, id, { partition: partition.index, ...state }),
        },
        {
          kind: "partition" as const,
          partition: { ...partition, revision: partition.revision + 1, completedBy: id },
        },
      ];
    }),
  );
  return `${JOBS}/${jobId}/results/download.tar.gz`;
}

async function unpacked(url: string): Promise<void> {
  const response = await api.server.app.inject({ url });
  expect(response.statusCode).toBe(200);
  expect(response.headers).toMatchObject({
    "content-type": "application/gzip",
    "content-disposition": expect.stringMatching(/^attachment; filename="j-[\w-]+\.tar\.gz"$/),
  });
  const archive = join(folder, "archive.tar.gz");
  writeFileSync(archive, response.rawPayload);
  execFileSync("tar", ["-xzf", archive, "-C", folder]);
}

test("gives the results as an archive that tar unpacks, the same each time", async () => {
  const url = await finished(1);
  await unpacked(url);
  for (const [path, content] of Object.entries(FILES))
    expect(readFileSync(join(folder, path))).toEqual(Buffer.from(content));
  const again = await api.server.app.inject({ url });
  expect(again.rawPayload).toEqual(readFileSync(join(folder, "archive.tar.gz")));
});

test("has a folder for each of several partitions", async () => {
  await unpacked(await finished(2));
  for (const partition of ["partition-0", "partition-1"])
    expect(readFileSync(join(folder, partition, "stdout")).toString()).toBe("hello\n");
});

test.each([
  [undefined, 200, "hello\n", undefined],
  ["bytes=1-3", 206, "ell", "bytes 1-3/6"],
  ["bytes=4-", 206, "o\n", "bytes 4-5/6"],
  ["bytes=-2", 206, "o\n", "bytes 4-5/6"],
  ["bytes=0-99", 206, "hello\n", "bytes 0-5/6"],
  ["bytes=0-1,3-4", 200, "hello\n", undefined],
  ["bytes=6-", 416, "", "bytes */6"],
])("gives one file by path, and of it what Range %s asks for", async (range, status, body, contentRange) => {
  const url = `${await finished(1)}?path=stdout`;
  const response = await api.server.app.inject({ url, ...(range !== undefined && { headers: { range } }) });
  expect(response.statusCode).toBe(status);
  expect(response.payload).toBe(body);
  expect(response.headers["content-range"]).toBe(contentRange);
  expect(response.headers["accept-ranges"]).toBe("bytes");
});

test.each(["nothing", "out", "/", "../stdout", "partition-0/stdout"])(
  "answers 404 to the path %j",
  async (path) => {
    const url = `${await finished(1)}?path=${encodeURIComponent(path)}`;
    const response = await api.server.app.inject({ url });
    expect(response.statusCode).toBe(404);
    expect(response.json<object>()).toMatchObject({ Code: "node/no-results", Details: { Field: "path" } });
  },
);

test("says why there is nothing to download", async () => {
  const { jobId } = await api.requester.submit({ Tasks: [{ Name: "main", Engine: { Type: "noop" } }] });
  const none = await api.server.app.inject({ url: `${JOBS}/${jobId}/results/download.tar.gz` });
  expect(none.statusCode).toBe(404);
  expect(none.json<object>()).toMatchObject({ Code: "node/no-results" });
  const gone = await api.server.app.inject({ url: await finished(1, "bafygone") });
  expect(gone.statusCode).toBe(504);
  expect(gone.json<object>()).toMatchObject({ Code: "node/not-retrievable" });
});

test("Clients of Bacalhau are given a link at this node in place of a CID, and others the CID", async () => {
  const cid = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
  const url = (await finished(2, cid)).replace("/download.tar.gz", "");
  const { app } = api.server;
  const plain = await app.inject({ url });
  expect(plain.json<object>()).toEqual({ Items: [{ Type: "ipfs", Params: { CID: cid } }], NextToken: "" });
  const foreign = { host: "localhost:7777", "x-bacalhau-git-version": "v1.7.0" };
  const linked = await app.inject({ url, headers: foreign });
  expect(linked.headers["cache-control"]).toBe("no-store");
  const link = expect.stringMatching(`^http://localhost:7777/results/${cid}\\.[\\w-]{43}\\.tar\\.gz$`);
  expect(linked.json<object>()).toEqual({
    Items: [{ Type: "urlDownload", Params: { URL: link, CID: cid } }],
    NextToken: "",
  });
  const odd = await app.inject({ url, headers: { ...foreign, host: "a@localhost" } });
  expect(odd.json<{ Items: object[] }>().Items).toEqual([
    { Type: "urlDownload", Params: { URL: expect.stringMatching(/^http:\/\/node-r\/results\//), CID: cid } },
  ]);
});

test("What no link can be to stays as it is, and so does what is at an address anyway", async () => {
  const url = (await finished(1, "Qmresult")).replace("/download.tar.gz", "");
  const headers = { "x-bacalhau-git-version": "v1.7.0" };
  const answer = await api.server.app.inject({ url, headers });
  expect(answer.json<object>()).toMatchObject({ Items: [{ Type: "ipfs", Params: { CID: "Qmresult" } }] });
  expect(
    await withLinks(
      [{ Type: "urlDownload", Params: { URL: "http://node/results/x.tar.gz", CID: "bafyresult" } }],
      { urlThrough: async () => "http://elsewhere/" },
      undefined,
    ),
  ).toEqual([{ Type: "urlDownload", Params: { URL: "http://node/results/x.tar.gz", CID: "bafyresult" } }]);
});
