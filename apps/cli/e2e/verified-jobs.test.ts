import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stateOf } from "@gadus/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevnetReady, gadus, type Running, startDevnet } from "./gadus.ts";
import { HELLO, runToEnd, wasmJob } from "./jobs.ts";

/** How many jobs are judged with a liar among the nodes. */
const JOBS = Number(process.env.GADUS_E2E_JOBS ?? 3);
const folder = mkdtempSync(join(tmpdir(), "gadus-e2e-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a network of three nodes", () => {
  let net: Running<DevnetReady>;
  beforeAll(async () => {
    net = await startDevnet("--compute", "3");
  });
  afterAll(() => net.end());

  test("runs a job that was submitted over HTTP, and a node that ran nothing has its result", async () => {
    const { Job, Executions } = await runToEnd(net.ready.api, wasmJob("hello", { Deal: { Concurrency: 1 } }));
    expect(Job.State).toMatchObject({ StateType: "Completed" });
    const published = Executions!.Items.filter((execution) => stateOf(execution) === "published");
    expect(published).toHaveLength(1);
    const cid = String(published[0]!.PublishedResult.Params.CID);
    const compute = net.ready.nodes.filter(({ name }) => name !== "requester");
    expect(compute.map(({ nodeId }) => nodeId)).toContain(published[0]!.NodeID);
    const third = compute.find(({ nodeId }) => nodeId !== published[0]!.NodeID)!;
    const dir = join(folder, "third");
    expect(await gadus(["get", cid, "--api", third.api, "-o", dir])).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
    expect(readFileSync(join(dir, "stdout"), "utf8")).toBe(HELLO);
    expect(readFileSync(join(dir, "stderr"), "utf8")).toBe("");
    expect(readFileSync(join(dir, "exitCode"), "utf8")).toBe("0");
  });
});

describe("a network of five nodes, one of which lies", () => {
  let net: Running<DevnetReady>;
  beforeAll(async () => {
    net = await startDevnet("--compute", "5", "--liars", "1");
  });
  afterAll(() => net.end());

  test(
    `refutes exactly the liar, in each of ${JOBS} jobs`,
    async () => {
      const liar = net.ready.nodes.find((node) => node.liar)!;
      const cids = new Set<unknown>();
      for (let index = 0; index < JOBS; index += 1) {
        const document = wasmJob("hello", { Deal: { Concurrency: 5, Confidence: 3 } });
        const { Job, Executions } = await runToEnd(net.ready.api, document);
        expect(Job.State).toMatchObject({ StateType: "Completed" });
        const items = Executions!.Items;
        const refuted = items.filter((execution) => stateOf(execution) === "refuted");
        expect(refuted.map(({ NodeID }) => NodeID)).toEqual([liar.nodeId]);
        const published = items.filter((execution) => stateOf(execution) === "published");
        expect(published).toHaveLength(4);
        for (const { PublishedResult } of published) cids.add(PublishedResult?.Params?.CID);
      }
      expect(cids.size).toBe(1);
      const dir = join(folder, "liar");
      await gadus(["get", String([...cids][0]), "--api", net.ready.api, "-o", dir]);
      expect(readFileSync(join(dir, "stdout"), "utf8")).toBe(HELLO);
    },
    30_000 + JOBS * 10_000,
  );
});
