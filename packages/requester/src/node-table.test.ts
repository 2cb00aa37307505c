import { expect, test } from "vitest";
import { goneSinceMs } from "./network-view.ts";
import { NodeTable } from "./node-table.ts";
import { networkWith } from "./test-records.ts";

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
