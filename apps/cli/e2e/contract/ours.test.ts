import { gunzipSync } from "node:zlib";
import { describe, expect, inject, test } from "vitest";
import { JOBS, noop, run, submit } from "./contract-jobs.ts";
import { CID, EXECUTION_ID, get, NODE_ID, send } from "./raw-http.ts";

describe("beside what Bacalhau has", () => {
  test("GET /metrics is Prometheus text", async () => {
    const { status, headers, text } = await send("GET", "/metrics");
    expect([status, headers["content-type"]]).toEqual([
      200,
      expect.stringMatching(/^text\/plain; version=0\.0\.4/),
    ]);
    expect(text).toMatch(/^# TYPE gadus_node_http_request_seconds histogram$/m);
  });

  test("placement tells of every node its score, its bid, or the reason for none, in words and as counts", async () => {
    const jobId = await run(noop());
    const placement = (await get(`${JOBS}/${jobId}/placement`)) as { Nodes: { Bid: string }[] };
    expect(placement).toEqual({
      JobID: jobId,
      JobVersion: 1,
      Summary: "3 of 4 nodes: 1 runs no jobs",
      Able: 3,
      Known: 4,
      Reasons: [{ Reason: "runs no jobs", Count: 1 }],
      Nodes: expect.any(Array),
    });
    expect(placement.Nodes).toHaveLength(4);
    expect(placement.Nodes.find(({ Bid }) => Bid === "accepted")).toEqual({
      NodeID: NODE_ID,
      Connected: true,
      Score: expect.any(Number),
      Able: true,
      Bid: "accepted",
      Reason: "its bid was accepted; published",
      Executions: [EXECUTION_ID],
    });
    expect(placement.Nodes.find(({ Bid }) => Bid === "none")).toMatchObject({
      Able: false,
      Reason: "runs no jobs",
    });
  });

  test("events of all jobs are a stream that Last-Event-ID resumes, without gaps or repeats", async () => {
    const jobId = await run(noop());
    const { api } = inject("network");
    const read = async (after: string, count: number): Promise<readonly { id: string; data: object }[]> => {
      const url = `${api}/api/v1/orchestrator/events?job_id=${jobId}`;
      const response = await fetch(url, { headers: { "last-event-id": after } });
      expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
      let text = "";
      const events = () => [...text.matchAll(/id: ?(.+)\n(?:event: ?.+\n)?data: ?(.+)\n\n/g)];
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk).toString();
        if (events().length >= count) break;
      }
      return events().map(([, id = "", data = "{}"]) => ({ id, data: JSON.parse(data) as object }));
    };
    const { Items } = (await get(`${JOBS}/${jobId}/history`)) as { Items: object[] };
    const all = await read("0", Items.length);
    expect(all.map(({ data }) => data)).toEqual(Items);
    const half = Math.floor(all.length / 2);
    const rest = await read(all[half - 1]?.id ?? "", all.length - half);
    expect(rest).toEqual(all.slice(half));
  });

  test("results/download.tar.gz is an archive of the results, or one file by path, with ranges", async () => {
    const jobId = await run(noop({ Stdout: "0123456789" }));
    const path = `${JOBS}/${jobId}/results/download.tar.gz`;
    const archive = await fetch(new URL(path, inject("network").api));
    expect(archive.headers.get("content-type")).toBe("application/gzip");
    const tar = gunzipSync(Buffer.from(await archive.arrayBuffer())).toString("latin1");
    for (const name of ["stdout", "stderr", "exitCode"]) expect(tar).toContain(name);
    const file = await send("GET", `${path}?path=stdout`);
    expect([file.status, file.text]).toEqual([200, "0123456789"]);
    const part = await send("GET", `${path}?path=stdout`, { headers: { range: "bytes=2-4" } });
    expect([part.status, part.headers["content-range"], part.text]).toEqual([206, "bytes 2-4/10", "234"]);
    expect(await send("GET", `${path}?path=nothing`)).toMatchObject({
      status: 404,
      body: { Code: "node/no-results" },
    });
  });

  test("download before anything is published is 404, and says so", async () => {
    const jobId = await submit(noop({ DurationMs: 600_000 }));
    expect(await send("GET", `${JOBS}/${jobId}/results/download.tar.gz`)).toMatchObject({
      status: 404,
      body: { Code: "node/no-results" },
    });
    await send("DELETE", `${JOBS}/${jobId}`);
  });

  test("PUT /orchestrator/blobs keeps what is sent, and answers its CID, which is then an input", async () => {
    const { status, body } = await send("PUT", "/api/v1/orchestrator/blobs", { body: "an apple a day\n" });
    expect([status, body]).toEqual([200, { CID, SizeBytes: 15 }]);
    const source = { Type: "ipfs", Params: { CID: (body as { CID: string }).CID } };
    const jobId = await run(noop({}, {}, { InputSources: [{ Source: source, Target: "/in.txt" }] }));
    expect(await get(`${JOBS}/${jobId}`)).toMatchObject({ Job: { State: { StateType: "Completed" } } });
  });
});
