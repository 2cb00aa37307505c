import { expect, test } from "vitest";
import { goneSinceMs } from "./network-view.ts";
import { NodeTable } from "./node-table.ts";
import { networkWith, someNode } from "./test-records.ts";

const peer = (nodeId: string) => ({ nodeId, address: "/ip4/127.0.0.1/tcp/1", connectedSinceMs: 0 });

test("of a requester that starts again only the peers that are there, and its own node, are not suspected", () => {
  let nowMs = 1_000;
  const table = new NodeTable({ nowMs: () => nowMs, setTimer: () => ({ cancel() {} }) });
  table.restart([peer("own"), peer("a"), peer("b")]);
  nowMs = 2_000;
  table.disconnected("a");
  nowMs = 3_000;
  table.restart([peer("own"), peer("a")]);
  const network = networkWith(table.views(), { startedAtMs: 3_000 });
  const sinceMs = ["own", "a", "b", "unknown"].map((nodeId) => goneSinceMs(network, nodeId));
  expect(sinceMs).toEqual([undefined, undefined, 3_000, 3_000]);
  nowMs = 4_000;
  table.disconnected("a");
  expect(goneSinceMs(networkWith(table.views(), { startedAtMs: 3_000 }), "a")).toBe(4_000);
});

test("a node's places are counted from its last announcement, as they are asked for and given back", () => {
  const table = new NodeTable({ nowMs: () => 0, setTimer: () => ({ cancel() {} }) });
  table.restart([peer("a")]);
  table.took("a", 1);
  table.took("a", 1);
  table.took("a", -1);
  expect(table.node("a")?.taken).toBe(1);
  const { announcement } = someNode("a");
  if (announcement !== undefined) table.announced("a", announcement);
  expect(table.node("a")?.taken).toBe(0);
  table.took("a", -1);
  expect(table.node("a")?.taken).toBe(0);
});
