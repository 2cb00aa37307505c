import { expect, test } from "vitest";
import { nodeInfoShape } from "./node-shapes.ts";

const nothing = { cpuMillis: 0, memoryBytes: 0, diskBytes: 0, gpus: 0 };
const offer = {
  engines: [
    { type: "docker", profiles: ["docker/1"], facts: { version: "28.1" } },
    { type: "noop", profiles: ["noop/0"] },
  ],
  verifiers: [],
  publishers: [],
  storage: [],
  maxCapacity: nothing,
  maxExecution: nothing,
  availableCapacity: nothing,
  runningExecutions: 0,
  queuedExecutions: 0,
  queueLimit: 0,
};

test("nodeInfoShape() tells the facts of engines, and why others don't work", () => {
  const announcement = { sequence: 1, ttlMs: 1, version: "0.1.0", requester: false, labels: {} };
  const shapeOf = (compute: object): unknown =>
    nodeInfoShape({
      nodeId: "n",
      address: undefined,
      announcement: { ...announcement, compute: { ...offer, ...compute } },
    })["ComputeNodeInfo"];
  expect(shapeOf({ unavailable: [{ type: "wasm", reason: "no room" }] })).toMatchObject({
    ExecutionEngines: ["docker", "noop"],
    Engines: [
      { Type: "docker", Profiles: ["docker/1"], Facts: { version: "28.1" } },
      { Type: "noop", Profiles: ["noop/0"], Facts: {} },
    ],
    UnavailableEngines: [{ Type: "wasm", Reason: "no room" }],
  });
  expect(shapeOf({})).toMatchObject({ UnavailableEngines: [] });
});
