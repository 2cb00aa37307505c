import { type LogFields, type Logger, type Message, silentLogger } from "@gadus/protocol";
import type { Transport, TransportEvents } from "@gadus/transport";
import { type MemoryNetwork, memoryNetwork } from "@gadus/transport/memory";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rememberEarlyEvents } from "./remember-early-events.ts";
import { systemClock as clock } from "./system-clock.ts";

let network: MemoryNetwork;
let own: Transport;
let peer: Transport;
beforeEach(async () => {
  network = memoryNetwork({ clock });
  own = network.join("own");
  peer = network.join("peer");
  await peer.start();
});
afterEach(() => Promise.all([own.stop(), peer.stop()]));

const ANNOUNCEMENT = { sequence: 1, ttlMs: 60_000, version: "0.0.0", requester: true, labels: {} };
const message = (bytes = 10): Message => ({
  type: "propose",
  executionId: "e-1",
  sealed: new Uint8Array(bytes),
});

/** A listener, what it was told in order, and the way to wait for so much of it. */
function listener() {
  const heard: string[] = [];
  const events: Partial<TransportEvents> = {
    connected: ({ nodeId }) => heard.push(`connected ${nodeId === peer.identity.nodeId}`),
    disconnected: () => heard.push("disconnected"),
    announcement: (_, { sequence }) => heard.push(`announcement ${sequence}`),
    message: (_, { type }) => heard.push(type),
  };
  return { heard, events };
}

/** Connects the peer, and has it say what it says at once. */
async function speak(): Promise<void> {
  const direct = listener();
  own.on(direct.events);
  await own.start();
  await peer.dial(own.addresses()[0] ?? "");
  await peer.announce(ANNOUNCEMENT);
  await peer.send(own.identity.nodeId, message());
  await expect.poll(() => direct.heard).toContain("propose");
  await expect.poll(() => direct.heard).toContain("announcement 1");
}

test("Each who begins to listen is first told what came before, in its order, and then what comes", async () => {
  const early = rememberEarlyEvents(own, silentLogger);
  await speak();
  const [first, second] = [listener(), listener()];
  early.transport.on(first.events);
  const stop = early.transport.on(second.events);
  expect(first.heard[0]).toBe("connected true");
  expect(first.heard.toSorted()).toEqual(["announcement 1", "connected true", "propose"]);
  expect(second.heard).toEqual(first.heard);
  stop();
  await peer.stop();
  await expect.poll(() => first.heard.at(-1)).toBe("disconnected");
  expect(second.heard).not.toContain("disconnected");
});

test("Nothing is remembered any more once it was forgotten", async () => {
  const early = rememberEarlyEvents(own, silentLogger);
  await speak();
  early.forget();
  const { heard, events } = listener();
  early.transport.on(events);
  expect(heard).toEqual([]);
});

test("A listener that throws is told all the rest", async () => {
  const early = rememberEarlyEvents(own, silentLogger);
  await speak();
  const { heard, events } = listener();
  early.transport.on({
    ...events,
    connected: () => {
      throw new Error("no");
    },
  });
  expect(heard.toSorted()).toEqual(["announcement 1", "propose"]);
});

test("Of very much that peers say the first is remembered, and one line of the log tells of the rest", async () => {
  const warnings: string[] = [];
  const warn = (text: string, _fields?: LogFields): void => void warnings.push(text);
  const logger: Logger = { ...silentLogger, warn };
  const early = rememberEarlyEvents(own, logger);
  let came = 0;
  own.on({ message: () => (came += 1) });
  await own.start();
  await peer.dial(own.addresses()[0] ?? "");
  const large = message(250_000);
  for (let sent = 0; sent < 100; sent += 1) await peer.send(own.identity.nodeId, large);
  await expect.poll(() => came).toBe(100);
  const { heard, events } = listener();
  early.transport.on(events);
  expect(heard[0]).toBe("connected true");
  const messages = heard.filter((each) => each === "propose").length;
  expect(messages).toBeGreaterThan(50);
  expect(messages).toBeLessThan(70);
  expect(warnings).toHaveLength(1);
});
