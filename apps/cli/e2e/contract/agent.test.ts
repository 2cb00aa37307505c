import { describe, expect, inject, test } from "vitest";
import { get, NODE_ID, send } from "./raw-http.ts";

const VERSION = {
  Major: "0",
  Minor: "1",
  GitVersion: "v0.1.0",
  GitCommit: "",
  BuildDate: "0001-01-01T00:00:00Z",
  GOOS: process.platform,
  GOARCH: process.arch === "x64" ? "amd64" : process.arch,
};

describe("/agent", () => {
  test("alive answers {Status: OK}", async () => {
    expect(await get("/api/v1/agent/alive")).toEqual({ Status: "OK" });
  });

  test("version answers Major, Minor, GitVersion, GitCommit, BuildDate, GOOS and GOARCH", async () => {
    expect(await get("/api/v1/agent/version")).toEqual(VERSION);
  });

  test("node answers a NodeInfo's own keys, of a requester without ComputeNodeInfo", async () => {
    expect(await get("/api/v1/agent/node")).toEqual({
      NodeID: inject("network").nodes[0]?.nodeId,
      NodeType: "Requester",
      Labels: {},
      SupportedProtocols: ["gadus/bid/1.0.0"],
      BacalhauVersion: VERSION,
    });
  });

  test("node of a compute node says what it runs, and how much", async () => {
    const api = inject("network").nodes[1]?.api ?? "";
    const { status, body } = await send("GET", "/api/v1/agent/node", { api });
    expect([status, body]).toEqual([
      200,
      {
        NodeID: NODE_ID,
        NodeType: "Compute",
        Labels: {},
        SupportedProtocols: ["gadus/bid/1.0.0"],
        BacalhauVersion: VERSION,
        ComputeNodeInfo: expect.objectContaining({
          ExecutionEngines: expect.arrayContaining(["wasm", "noop"]),
          MaxCapacity: {
            CPU: expect.any(Number),
            Memory: expect.any(Number),
            Disk: expect.any(Number),
            GPU: 0,
          },
        }),
      },
    ]);
  });

  test("config answers {config}, without secrets", async () => {
    const { text, body } = await send("GET", "/api/v1/agent/config");
    expect(Object.keys(body as object)).toEqual(["config"]);
    expect(body).toMatchObject({
      config: { api: { port: 0 }, network: { swarmKey: "<redacted>" }, requester: { enabled: true } },
    });
    expect(text).not.toContain("/key/swarm/");
  });

  test("debug answers an object that tells what helps to find a fault", async () => {
    expect(await get("/api/v1/agent/debug")).toMatchObject({
      NodeID: NODE_ID,
      Roles: ["requester"],
      Process: { NodeVersion: process.version },
    });
  });

  test("authconfig answers {Version, Config}", async () => {
    expect(await get("/api/v1/agent/authconfig")).toEqual({ Version: "0.1.0", Config: {} });
  });
});
