import { describe, expect, test } from "vitest";
import { progressSender } from "./progress-sender.ts";
import { testClock } from "./test-clock.ts";
import { testNode } from "./test-node.ts";
import { LONG } from "./test-requester.ts";

/** A node on which `e-1` runs for ten seconds, and what its engine tells progress with. */
async function running() {
  const node = await testNode();
  await node.requester.bring("e-1", "running", {}, LONG);
  await node.clock.until("it runs", () => node.watch.running.size === 1);
  const tell = node.watch.runs.at(-1)?.progress;
  if (tell === undefined) throw new Error("no way to tell progress");
  const told = (): readonly string[] => node.requester.all("progress", "e-1").map(({ message }) => message);
  return { node, tell, told };
}

describe("progress of a run", () => {
  test("is told at once, and then no more than once a second, the latest of it", async () => {
    const { node, tell, told } = await running();
    for (const percent of [1, 2, 3, 4]) tell(`pulling, ${percent} %`);
    await node.clock.advance(999);
    expect(told()).toEqual(["pulling, 1 %"]);
    await node.clock.advance(2);
    expect(told()).toEqual(["pulling, 1 %", "pulling, 4 %"]);
    await node.clock.advance(5000);
    tell("unpacking");
    await node.clock.advance(0);
    expect(told()).toEqual(["pulling, 1 %", "pulling, 4 %", "unpacking"]);
  });

  test("is short, on one line, and nothing where it is empty", async () => {
    const { node, tell, told } = await running();
    tell(" \n");
    tell(`\u001b[2J${"x".repeat(1000)}`);
    await node.clock.advance(0);
    expect(told()).toEqual([`[2J${"x".repeat(252)}…`]);
  });

  test("is told no more once the run has ended", async () => {
    const { node, tell, told } = await running();
    tell("one");
    tell("two");
    await node.requester.cancel("e-1");
    expect(await node.empty()).toBe(true);
    tell("three");
    await node.clock.advance(5000);
    expect(told()).toEqual(["one"]);
  });

  test("is told no more by a node that stops", async () => {
    const { node, tell, told } = await running();
    tell("one");
    tell("two");
    await node.stop();
    tell("three");
    await node.clock.advance(5000);
    expect(told()).toEqual(["one"]);
  });

  test("is told no more than two hundred times", async () => {
    const clock = testClock();
    const told: string[] = [];
    const sender = progressSender(clock, (message) => told.push(message));
    for (let at = 0; at < 250; at += 1) {
      sender.tell(`step ${at}`);
      await clock.advance(1001);
    }
    expect(told).toHaveLength(200);
  });
});

describe("a proposal", () => {
  test("tells the image that ran and what else there is to say, within its limits", async () => {
    const node = await testNode();
    const image = `name@sha256:${"a".repeat(64)}`;
    node.watch.runYields = { image, notes: ["a\nb", "", "x".repeat(500), "c", "d", "e"] };
    await node.requester.bring("e-1", "proposed");
    const { notes, ...proposal } = await node.requester.proposal("e-1");
    expect(proposal.image).toBe(image);
    expect(notes).toEqual(["a b", `${"x".repeat(199)}…`, "c"]);
  });

  test("says neither where there is neither", async () => {
    const node = await testNode();
    node.watch.runYields = { image: "", notes: [] };
    await node.requester.bring("e-1", "proposed");
    const proposal = await node.requester.proposal("e-1");
    expect(proposal).not.toHaveProperty("image");
    expect(proposal).not.toHaveProperty("notes");
  });
});

describe("a bid", () => {
  const image = { from: "name", reference: "ubuntu:24.04" } as const;

  test("says that the node has the image, if its engine does", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "offered", { image });
    node.watch.images.add(image.reference);
    await node.requester.bring("e-2", "offered", { image });
    const has = ["e-1", "e-2"].map((id) => node.requester.last("bid", id).has);
    expect(has).toEqual([[], ["ubuntu:24.04"]]);
  });
});
