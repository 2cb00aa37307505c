import { describe, expect, test } from "vitest";
import { testNode } from "./test-node.ts";
import { CAPACITY, makeDetails } from "./test-requester.ts";

describe("a compute node", () => {
  test("takes an execution from ask to publication", async () => {
    const node = await testNode();
    const { requester, watch } = node;
    await requester.bring("e-1", "published");
    expect(requester.types("e-1")).toEqual(["bid", "start", "propose", "publish"]);
    const proposal = await requester.proposal("e-1");
    expect(requester.last("publish", "e-1").publication.params).toEqual({ cid: proposal.cid });
    expect([...watch.published.values()]).toMatchObject([{ digest: proposal.digest }]);
    expect(await node.empty()).toBe(true);
    const events = await node.store.events({ executionId: "e-1", afterSeq: 0, limit: 10 });
    expect(events.map((event) => event.details["state"])).toEqual([
      "offered",
      "accepted",
      "running",
      "proposed",
      "verified",
      "published",
    ]);
  });

  test("presents inputs where the details mount them", async () => {
    const { requester, watch } = await testNode();
    const source = { type: "ipfs", params: { name: "sample", cid: "bafyinput" } };
    await requester.bring(
      "e-1",
      "proposed",
      { inputs: [{ source }] },
      { mounts: [{ target: "/in", alias: "" }] },
    );
    expect(watch.runs[0]?.inputs).toMatchObject([{ target: "/in", cid: "bafyinput" }]);
  });

  test("believes no CID of an input whose bytes aren't named by it, or one job's module could pass for another's", async () => {
    const { requester, watch } = await testNode();
    const source = { type: "memory", params: { name: "sample", cid: "bafyother" } };
    const mounts = [{ target: "/in", alias: "" }];
    await requester.bring("e-1", "proposed", { inputs: [{ source }] }, { mounts });
    expect(watch.runs[0]?.inputs).toMatchObject([{ target: "/in", cid: undefined }]);
  });

  test.each([
    ["none", { GADUS_JOB_ID: "j-1", GADUS_EXECUTION_ID: "e-1", BACALHAU_EXECUTION_ID: "e-1" }],
    ["deterministic", { GADUS_JOB_ID: "j-1" }],
  ])(
    "gives the environment its execution's id only where results aren't compared: %s",
    async (verifier, expected) => {
      const { requester, watch } = await testNode();
      await requester.bring("e-1", "proposed", { verifier });
      expect(watch.runs[0]?.task.details.environment).toEqual(expected);
    },
  );

  test("publishes nothing before the verdict", async () => {
    const { requester, clock, watch } = await testNode();
    await requester.bring("e-1", "proposed");
    await clock.advance(60_000);
    expect(watch.published.size).toBe(0);
  });

  test("throws a refuted result away", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "proposed");
    await node.requester.refute("e-1");
    expect(await node.empty()).toBe(true);
    expect(await node.state("e-1")).toBe("refuted");
    expect(node.watch.published.size).toBe(0);
  });

  test("frees the place of a rejected bid", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "offered");
    expect(node.compute().describe().offered).toBe(1);
    await node.requester.reject("e-1");
    expect(await node.empty()).toBe(true);
    expect(await node.state("e-1")).toBe("rejected");
  });

  test("declines with the limit and the number", async () => {
    const { requester } = await testNode();
    await requester.ask("e-1", { resources: { ...CAPACITY, memoryBytes: 4096 } });
    expect(await requester.receives("decline", "e-1")).toMatchObject({
      code: "compute/too-large",
      reason: expect.stringContaining("4096 bytes of memory are more than 2048"),
    });
    await requester.ask("e-2", { inputs: [{ source: { type: "memory", params: { name: "missing" } } }] });
    expect(await requester.receives("decline", "e-2")).toMatchObject({ code: "compute/input-unavailable" });
    await requester.ask("e-3", { engine: "docker", profile: "docker/1" });
    expect(await requester.receives("decline", "e-3")).toMatchObject({
      code: "compute/unsupported-engine",
      reason: expect.stringContaining("no engine answers"),
    });
  });

  test("declines what its publisher says that the requester couldn't have", async () => {
    const node = await testNode();
    node.watch.publishRefusals.set("requester", "only its own machine can reach it");
    const other = await node.join("other");
    await node.requester.ask("e-1");
    expect(await node.requester.receives("decline", "e-1")).toMatchObject({
      code: "compute/unsupported-publisher",
      reason: expect.stringContaining('"memory" for this requester: only its own machine'),
    });
    await other.ask("e-1");
    await other.receives("bid", "e-1");
  });

  test("declines an id that can't name a folder", async () => {
    const { requester } = await testNode();
    await requester.ask("../e.1");
    expect(await requester.receives("decline", "../e.1")).toMatchObject({ code: "compute/invalid-ask" });
  });

  test("keeps the same id of two requesters apart", async () => {
    const node = await testNode();
    const other = await node.join("other");
    await Promise.all([node.requester.bring("e-1", "offered"), other.bring("e-1", "offered")]);
    await other.cancel("e-1");
    await node.clock.until("one place is free", () => node.compute().describe().offered === 1);
    expect(await node.state("e-1")).toBe("offered");
    await other.accept("e-1");
    await node.requester.accept("e-1");
    await node.requester.receives("propose", "e-1");
    expect(other.all("propose", "e-1")).toEqual([]);
  });

  test("bids no more than the cap for one requester, and still for another", async () => {
    const node = await testNode({ reservationsPerRequester: 1 });
    await node.requester.bring("e-1", "offered");
    await node.requester.ask("e-2");
    expect(await node.requester.receives("decline", "e-2")).toMatchObject({
      code: "compute/too-many-reservations",
    });
    const other = await node.join("other");
    await other.bring("e-1", "offered");
  });

  test("announces its offer soon after it changed, once for many changes", async () => {
    const node = await testNode();
    let changes = 0;
    const end = node.compute().onOfferChanged(() => {
      changes += 1;
    });
    await node.requester.bring("e-1", "proposed");
    await node.clock.advance(1000);
    expect(changes).toBe(1);
    expect(node.compute().offer()).toMatchObject({ runningExecutions: 0, maxCapacity: CAPACITY });
    end();
  });
});

describe("an acceptance", () => {
  test.each([
    ["of other details", { details: makeDetails({ name: "other" }) }],
    ["with another salt", { salt: new Uint8Array(32) }],
    ["that mounts what isn't there", { details: makeDetails({ mounts: [{ target: "/x", alias: "" }] }) }],
    ["with a broken signature", { statement: { payload: new Uint8Array(9), signature: new Uint8Array(9) } }],
    ["with too many blocks", { blocks: [{ cid: "bafy", bytes: new Uint8Array(300_000) }] }],
  ])("%s ends the reservation", async (_, change) => {
    const node = await testNode();
    await node.requester.bring("e-1", "offered");
    await node.requester.accept("e-1", change);
    expect(await node.requester.receives("fail", "e-1")).toMatchObject({
      code: "compute/invalid-acceptance",
    });
    expect(await node.empty()).toBe(true);
    expect(node.watch.runs).toEqual([]);
  });

  test("signed for another execution, or for another node, ends the reservation", async () => {
    const node = await testNode();
    for (const [id, about] of [
      ["e-1", { executionId: "e-other" }],
      ["e-2", { compute: "other" }],
    ] as const) {
      await node.requester.bring(id, "offered");
      await node.requester.accept(id, {
        statement: await node.requester.sign(id, { kind: "acceptance" }, about),
      });
      expect(await node.requester.receives("fail", id)).toMatchObject({ code: "compute/invalid-acceptance" });
    }
  });

  test("from a node that never asked finds nothing", async () => {
    const node = await testNode();
    const stranger = await node.join("stranger");
    await node.requester.bring("e-1", "offered");
    const details = makeDetails();
    const statement = await node.requester.sign("e-1", { kind: "acceptance" });
    await stranger.send({
      type: "accept",
      executionId: "e-1",
      details,
      salt: new Uint8Array(32).fill(7),
      statement,
      blocks: [],
      proposeWithinMs: 1000,
    });
    await node.clock.until("it hears that", () => stranger.inbox.length > 0);
    expect(stranger.inbox).toEqual([{ type: "lost", executionIds: ["e-1"] }]);
    expect(await node.state("e-1")).toBe("offered");
  });

  test("with a block that isn't its CID fails the execution", async () => {
    const node = await testNode();
    const { cid } = await node.content.add(new TextEncoder().encode("right"));
    await node.requester.bring("e-1", "offered");
    await node.requester.accept("e-1", { blocks: [{ cid, bytes: new TextEncoder().encode("wrong") }] });
    expect(await node.requester.receives("fail", "e-1")).toMatchObject({ code: "storage/invalid-block" });
    expect(await node.empty()).toBe(true);
  });
});

describe("a verdict", () => {
  test.each([
    ["about another digest", { digest: "h1:other" }],
    ["about another CID", { cid: "bafyother" }],
    ["that says refuted", { verified: false }],
  ])("%s doesn't publish", async (_, change) => {
    const node = await testNode();
    await node.requester.bring("e-1", "proposed");
    await node.requester.verify("e-1", change);
    await node.clock.advance(1000);
    expect(node.watch.published.size).toBe(0);
    expect(await node.state("e-1")).toBe("proposed");
    await node.requester.verify("e-1");
    await node.requester.receives("publish", "e-1");
  });

  test("refuting another result throws nothing away", async () => {
    const node = await testNode();
    await node.requester.bring("e-1", "proposed");
    await node.requester.refute("e-1", { digest: "h1:other" });
    await node.clock.advance(1000);
    expect(await node.state("e-1")).toBe("proposed");
  });

  test("on a result that can't be published fails the execution, and takes back what was served", async () => {
    const node = await testNode();
    node.watch.publishError = new Error("no room");
    await node.requester.bring("e-1", "proposed");
    await node.requester.verify("e-1");
    expect(await node.requester.receives("fail", "e-1")).toMatchObject({ reason: "no room", blame: "node" });
    expect(await node.empty()).toBe(true);
    expect(node.watch.retracted).toEqual(["requester.e-1"]);
  });
});

test("a thousand executions that fail leave the node alive and empty", async () => {
  const node = await testNode();
  const ids = Array.from({ length: 1000 }, (_, index) => `e-${index}`);
  const source = { type: "memory", params: { name: "sample" } };
  for (let start = 0; start < ids.length; start += 100) {
    const batch = ids.slice(start, start + 100);
    await Promise.all(
      batch.map(async (id, index) => {
        const wrongEngineParams = { engineParams: { stdout: 7 } };
        const terms = index % 2 === 0 ? {} : { inputs: [{ source }] };
        const mounts = index % 2 === 0 ? [] : [{ target: "/in", alias: "" }];
        await node.requester.ask(id, { ...terms, priority: index % 3 }, { ...wrongEngineParams, mounts });
      }),
    );
    for (const id of batch) await node.requester.receives("bid", id);
    await Promise.all(batch.map((id) => node.requester.accept(id)));
    for (const id of batch) {
      expect(await node.requester.receives("fail", id)).toMatchObject({
        code: "executor/invalid-params",
        blame: "job",
      });
    }
  }
  expect(await node.empty()).toBe(true);
  expect(node.watch.maxRunning).toBeLessThanOrEqual(2);
  await node.requester.bring("e-good", "published");
});
