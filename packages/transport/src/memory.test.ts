import { describe, expect, test } from "vitest";
import { describeTransport } from "./conformance.ts";
import { listenTo } from "./listen.ts";
import { type Hop, memoryNetwork } from "./memory.ts";
import { realClock } from "./real-clock.ts";

describeTransport("memoryNetwork()", async () => {
  const network = memoryNetwork({ clock: realClock });
  const joined = new Set<ReturnType<typeof network.join>>();
  return {
    create: async () => {
      const transport = network.join();
      joined.add(transport);
      return transport;
    },
    strangerId: "node-99",
    deadAddress: "/memory/node-99",
    close: async () => {
      await Promise.all([...joined].map((transport) => transport.stop()));
    },
  };
});

async function pair(route?: (hop: Hop) => readonly number[]) {
  const network = memoryNetwork({ clock: realClock, ...(route !== undefined && { route }) });
  const [a, b] = [network.join("a"), network.join("b")];
  const [atA, atB] = [listenTo(a), listenTo(b)];
  await a.start();
  await b.start();
  return { network, a, b, atA, atB };
}

describe("memoryNetwork()", () => {
  test("`route` can lose, repeat and delay what is sent", async () => {
    const arrivals: Record<number, readonly number[]> = { 1: [], 2: [0, 0], 3: [20], 4: [0] };
    let sent = 0;
    const { a, atB } = await pair(({ kind }) => (kind === "message" ? (arrivals[++sent] ?? []) : [0]));
    for (const n of [1, 2, 3, 4]) await a.send("b", { type: "start", executionId: `e-${n}` });
    const heard = await atB.of("message", 4);
    const ids = heard.map(({ message }) => ("executionId" in message ? message.executionId : ""));
    expect(ids).toEqual(["e-2", "e-2", "e-4", "e-3"]);
  });

  test("`route` can make a node unreachable", async () => {
    const { a } = await pair(({ kind }) => (kind === "dial" ? [] : [0]));
    const sent = a.send("b", { type: "start", executionId: "e-1" });
    await expect(sent).rejects.toMatchObject({ code: "transport/unreachable" });
  });

  test("`cut()` disconnects both, loses what is under way, and lets them connect again", async () => {
    const { network, a, atA, atB } = await pair();
    await a.dial("/memory/b");
    await a.send("b", { type: "start", executionId: "lost" });
    network.cut("a", "b");
    await Promise.all([atA.disconnected("b"), atB.disconnected("a")]);
    await a.send("b", { type: "start", executionId: "e-2" });
    await atB.connected("a", 2);
    const [first] = await atB.of("message", 1);
    expect(first?.message).toEqual({ type: "start", executionId: "e-2" });
  });

  test("`send()` rejects with transport/overloaded when nothing arrives any more", async () => {
    const { a, b } = await pair(({ kind }) => (kind === "message" ? [3_600_000] : [0]));
    const send = async () => {
      for (let n = 0; n < 10_000; n++) await a.send("b", { type: "start", executionId: `e-${n}` });
    };
    await expect(send()).rejects.toMatchObject({ code: "transport/overloaded" });
    await Promise.all([a.stop(), b.stop()]);
  });

  test("a node that joins again keeps its identity and takes the place of the earlier one", async () => {
    const { network, a, b, atB } = await pair();
    await b.dial("/memory/a");
    const later = network.join("a");
    const atLater = listenTo(later);
    await later.start();
    await atB.disconnected("a");
    await b.send("a", { type: "start", executionId: "e-1" });
    await atLater.of("message", 1);
    const bytes = new Uint8Array([1]);
    expect(await b.identity.verify("a", bytes, await later.identity.sign(bytes))).toBe(true);
    expect(await a.identity.sign(bytes)).toEqual(await later.identity.sign(bytes));
  });

  test("the same randomness gives the same signatures", async () => {
    const sign = async (seed: number) => {
      const randomness = { bytes: (count: number) => new Uint8Array(count).fill(seed) };
      return memoryNetwork({ clock: realClock, randomness })
        .join("a")
        .identity.sign(new Uint8Array([1]));
    };
    expect(await sign(1)).toEqual(await sign(1));
    expect(await sign(1)).not.toEqual(await sign(2));
  });
});
