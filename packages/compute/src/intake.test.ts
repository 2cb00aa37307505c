import type { MessageOf } from "@gadus/protocol";
import { describe, expect, test } from "vitest";
import { syncOf, testNode } from "./test-node.ts";
import { makeTerms } from "./test-requester.ts";
import { weighMessage } from "./weigh-message.ts";

const DROPPED = "gadus_compute_ignored_messages_total too-many";

function cancelOf(executionId: string): MessageOf<"cancel"> {
  return { type: "cancel", executionId, code: "requester/stopped-by-owner", reason: "x".repeat(4000) };
}

describe("messages of one requester", () => {
  test("beyond so many bytes in hand are dropped, counted, and healed when both sides compare", async () => {
    const node = await testNode({ messageBytesPerRequester: 20_000, syncIntervalMs: 60_000 });
    await node.requester.bring(
      "e-1",
      "running",
      {},
      { engineParams: { stdout: "", exitCode: 0, durationMs: 600_000 } },
    );
    const gate = Promise.withResolvers<void>();
    node.watch.commitGate = gate.promise;
    // Each of these waits for the first, whose write waits for the gate.
    for (let sent = 0; sent < 5; sent += 1) await node.requester.send(cancelOf("e-1"));
    await node.clock.advance(10);
    expect(node.watch.metrics.get(DROPPED)).toBe(3);
    gate.resolve();
    await node.clock.advance(10);
    expect(await node.state("e-1")).toBe("cancelled");
    await node.requester.send(syncOf("e-1", "running"));
    await node.requester.receives("fail", "e-1");
    expect(node.watch.metrics.get(DROPPED)).toBe(3);
  });

  test("beyond what all may have in hand are dropped whoever sent them", async () => {
    const node = await testNode({ messageBytes: 10_000 });
    const other = await node.join("other");
    await node.requester.bring("e-1", "offered");
    await other.bring("e-1", "offered");
    const gate = Promise.withResolvers<void>();
    node.watch.commitGate = gate.promise;
    await node.requester.send(cancelOf("e-1"));
    await other.send(cancelOf("e-1"));
    await node.clock.advance(10);
    expect(node.watch.metrics.get(DROPPED)).toBe(1);
    gate.resolve();
    await node.clock.advance(10);
    await other.send(cancelOf("e-1"));
    expect(await node.empty()).toBe(true);
  });

  test("that ask are declined instead, with the reason", async () => {
    const node = await testNode({ messagesPerRequester: 1 });
    const gate = Promise.withResolvers<void>();
    node.watch.commitGate = gate.promise;
    await node.requester.ask("e-1");
    await node.requester.ask("e-2");
    expect(await node.requester.receives("decline", "e-2")).toMatchObject({
      code: "compute/overloaded",
      reason: "It has too many messages of this requester in hand",
    });
    gate.resolve();
    await node.requester.receives("bid", "e-1");
  });
});

test("weighMessage() counts text, bytes and names, and never less than what is sent", () => {
  const accept: MessageOf<"ask"> = {
    type: "ask",
    executionId: "e-1",
    terms: makeTerms(),
    commitment: new Uint8Array(32),
    boxPublicKey: new Uint8Array(32),
    answerWithinMs: 1,
  };
  expect(weighMessage(accept)).toBeGreaterThan(JSON.stringify(accept.terms).length);
  expect(weighMessage(cancelOf("e-1"))).toBeGreaterThan(8000);
  const publish = {
    type: "publish",
    executionId: "e-1",
    publication: { type: "ipfs", params: {} },
    blocks: [{ cid: "bafy", bytes: new Uint8Array(100_000) }],
  } as const;
  expect(weighMessage({ ...publish, blocks: [...publish.blocks] })).toBeGreaterThan(100_000);
});
