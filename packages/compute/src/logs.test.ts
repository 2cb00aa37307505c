import { describe, expect, test } from "vitest";
import { testNode } from "./test-node.ts";
import { LONG } from "./test-requester.ts";

describe("a compute node's logs", () => {
  test("are read as the task prints, to their end, and afterwards", async () => {
    const { requester, clock } = await testNode();
    await requester.bring("e-1", "running", {}, LONG);
    expect(await requester.logs("e-1")).toBe("stdout: late\n");
    let text: string | undefined;
    const following = requester.logs("e-1", { follow: true }).then((all) => {
      text = all;
    });
    await clock.advance(5000);
    expect(text).toBeUndefined();
    await clock.advance(5000);
    await following;
    expect(text).toBe("stdout: late\n");
    await requester.receives("propose", "e-1");
    await requester.verify("e-1");
    await requester.receives("publish", "e-1");
    expect(await requester.logs("e-1", { follow: true })).toBe("stdout: late\n");
    expect(await requester.logs("e-1", { fromBytes: 2 })).toBe("stdout: te\n");
  });

  test("are for the execution's requester alone", async () => {
    const node = await testNode();
    const other = await node.join("other");
    await node.requester.bring("e-1", "running", {}, LONG);
    expect(await other.logs("e-1", { follow: true })).toBe("compute/no-logs");
    expect(await node.requester.logs("../e.1")).toBe("compute/no-logs");
    expect(await node.requester.logs("e-2", { follow: true })).toBe("compute/no-logs");
  });

  test.each([
    [0, "stdout: hello\n"],
    [2, "stdout: hestdout: llo\n"],
  ])("hold what the results have after the %i bytes that the engine handed over", async (heard, text) => {
    const { requester, watch } = await testNode();
    watch.heardBytes = heard;
    await requester.bring("e-1", "proposed");
    expect(await requester.logs("e-1", { follow: true })).toBe(text);
  });

  test("who follows before the task begins waits for it, and no longer than the execution lives", async () => {
    const { requester, clock } = await testNode();
    await requester.bring("e-1", "offered");
    await requester.bring("e-2", "offered");
    const [first, second] = ["e-1", "e-2"].map((id) => requester.logs(id, { follow: true }));
    await clock.advance(10);
    await requester.accept("e-1");
    await requester.reject("e-2");
    await requester.receives("propose", "e-1");
    expect(await first).toBe("stdout: hello\n");
    await clock.advance(10);
    expect(await second).toBe("");
  });

  test("begin anew with a run that is taken up again: who comes back goes on without a gap or a repeat", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "running", {}, LONG);
    await node.crash();
    const following = node.requester.logs("e-1", { follow: true, fromBytes: 2 });
    await node.clock.advance(20_000);
    expect(await following).toBe("stdout: te\n");
    await node.requester.receives("propose", "e-1");
    expect(await node.requester.logs("e-1")).toBe("stdout: late\n");
  });

  test("of a run that a clean stop ended aren't over", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "running", {}, LONG);
    await node.restart();
    const following = node.requester.logs("e-1", { follow: true, fromBytes: 4 });
    await node.clock.advance(20_000);
    expect(await following).toBe("stdout: \n");
  });

  test("are held back until the verdict where the operator says so", async () => {
    const { requester, clock } = await testNode({ logs: "after-verdict" });
    await requester.bring("e-1", "proposed");
    expect(await requester.logs("e-1")).toBe("compute/logs-held");
    let text: string | undefined;
    const following = requester.logs("e-1", { follow: true }).then((all) => {
      text = all;
    });
    await clock.advance(1000);
    expect(text).toBeUndefined();
    await requester.verify("e-1");
    await requester.receives("publish", "e-1");
    await following;
    expect(text).toBe("stdout: hello\n");
    expect(await requester.logs("e-1")).toBe("stdout: hello\n");
  });

  test("are kept for a while after their end", async () => {
    const node = await testNode({ keepLogsMs: 60_000, purgeIntervalMs: 10_000 });
    await node.requester.bring("e-1", "published");
    await node.clock.advance(50_000);
    expect(await node.requester.logs("e-1")).toBe("stdout: hello\n");
    await node.clock.advance(30_000);
    expect(await node.requester.logs("e-1")).toBe("compute/no-logs");
  });

  test("that can't be kept cost their execution nothing", async () => {
    const node = await testNode();
    node.logs.append = () => {
      throw new Error("the disk is full");
    };
    await node.requester.bring("e-1", "published");
    expect(await node.requester.logs("e-1", { follow: true })).toBe("");
  });
});
