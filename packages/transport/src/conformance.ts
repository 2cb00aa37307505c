import { type Announcement, encodeValue, type JobEvent, type Message } from "@gadus/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeTransportLogs } from "./conformance-logs.ts";
import { type Heard, listenTo } from "./listen.ts";
import type { Transport } from "./transport.ts";

/** What a transport's test gives to {@link describeTransport}. */
export interface TransportFixture {
  /** A transport of a new node on one and the same network, not started. */
  create(): Promise<Transport>;
  /** The id of a node that doesn't exist. */
  readonly strangerId: string;
  /** An address at which nobody listens. */
  readonly deadAddress: string;
  /** Stops all. */
  close(): Promise<void>;
}

/** The contract of every {@link Transport}. */
export function describeTransport(name: string, setup: () => Promise<TransportFixture>): void {
  describeTransportLogs(name, setup);
  describe(`${name} is a Transport`, () => {
    let fixture: TransportFixture;
    let a: Transport;
    let b: Transport;
    let atA: Heard;
    let atB: Heard;

    beforeEach(async () => {
      fixture = await setup();
      [a, b] = [await fixture.create(), await fixture.create()];
      [atA, atB] = [listenTo(a), listenTo(b)];
      await Promise.all([a.start(), b.start()]);
    });
    afterEach(async () => {
      await fixture.close();
    });

    const connect = async () => {
      await a.dial(addressOf(b));
      await Promise.all([atA.connected(b.identity.nodeId), atB.connected(a.identity.nodeId)]);
    };

    test("start() and stop() may be called twice, and after stop() nothing can be sent", async () => {
      await a.start();
      await a.stop();
      await a.stop();
      const sent = a.send(b.identity.nodeId, start("e-1"));
      await expect(sent).rejects.toMatchObject({ code: "transport/stopped" });
      expect(a.peers()).toEqual([]);
    });

    test("start() works again after stop()", async () => {
      await connect();
      await a.stop();
      await atB.disconnected(a.identity.nodeId);
      await a.start();
      await a.dial(addressOf(b));
      await atA.connected(b.identity.nodeId, 2);
      await a.send(b.identity.nodeId, start("again"));
      expect(await atB.of("message", 1)).toEqual([message(a, start("again"))]);
    });

    test("dial() connects both sides, once", async () => {
      await Promise.all([a.dial(addressOf(b)), b.dial(addressOf(a))]);
      await Promise.all([atA.connected(b.identity.nodeId), atB.connected(a.identity.nodeId)]);
      await a.send(b.identity.nodeId, start("e-1"));
      await b.send(a.identity.nodeId, start("e-2"));
      await Promise.all([atA.of("message", 1), atB.of("message", 1)]);
      expect(a.peers().map((peer) => peer.nodeId)).toEqual([b.identity.nodeId]);
      expect(b.peers().map((peer) => peer.nodeId)).toEqual([a.identity.nodeId]);
      expect(atA.all.filter((event) => event.type === "connected")).toHaveLength(1);
      expect(atB.all.filter((event) => event.type === "connected")).toHaveLength(1);
    });

    test("dial() rejects where nobody listens", async () => {
      await expect(a.dial(fixture.deadAddress)).rejects.toMatchObject({ code: "transport/unreachable" });
    });

    test("dial() rejects what is no address", async () => {
      await expect(a.dial("nowhere")).rejects.toMatchObject({ code: "transport/invalid-address" });
    });

    test("dial() and send() reject with the signal's reason", async () => {
      const reason = new Error("no longer wanted");
      const signal = AbortSignal.abort(reason);
      await expect(a.dial(addressOf(b), { signal })).rejects.toBe(reason);
      await expect(a.send(b.identity.nodeId, start("e-1"), { signal })).rejects.toBe(reason);
    });

    test("send() keeps messages of both directions whole and in order", async () => {
      await connect();
      const messages = Array.from({ length: 1000 }, (_, index) => start(`e-${index}`));
      await Promise.all(
        messages.flatMap((sent) => [a.send(b.identity.nodeId, sent), b.send(a.identity.nodeId, sent)]),
      );
      expect(await atB.of("message", 1000)).toEqual(messages.map((sent) => message(a, sent)));
      expect(await atA.of("message", 1000)).toEqual(messages.map((sent) => message(b, sent)));
    });

    test("send() carries bytes and large messages unchanged", async () => {
      await connect();
      const sealed = Uint8Array.from({ length: 900_000 }, (_, index) => index % 251);
      const proposal: Message = { type: "propose", executionId: "e-1", sealed };
      await a.send(b.identity.nodeId, proposal);
      const [heard] = await atB.of("message", 1);
      expect(encodeValue(heard?.message)).toEqual(encodeValue(proposal));
    });

    test("send() refuses a message that is too large, and serves on", async () => {
      await connect();
      const large: Message = { type: "propose", executionId: "e-1", sealed: new Uint8Array(1024 * 1024) };
      const sent = a.send(b.identity.nodeId, large);
      await expect(sent).rejects.toMatchObject({ code: "protocol/message-too-large" });
      await a.send(b.identity.nodeId, start("e-2"));
      expect(await atB.of("message", 1)).toEqual([message(a, start("e-2"))]);
    });

    test("send() rejects for a node that can't be reached", async () => {
      const sent = a.send(fixture.strangerId, start("e-1"));
      await expect(sent).rejects.toMatchObject({ code: "transport/unreachable" });
    });

    test("send() to itself arrives like any other message", async () => {
      await a.send(a.identity.nodeId, start("e-1"));
      expect(await atA.of("message", 1)).toEqual([message(a, start("e-1"))]);
    });

    test("announce() reaches connected peers, those that connect later, and itself, each once", async () => {
      await connect();
      const [first, second] = [announcement(a, 1), announcement(a, 2)];
      await a.announce(first.announcement);
      expect(await atA.of("announcement", 1)).toEqual([first]);
      expect(await atB.of("announcement", 1)).toEqual([first]);
      await a.announce(second.announcement);
      expect(await atB.of("announcement", 2)).toEqual([first, second]);
      const c = await fixture.create();
      const atC = listenTo(c);
      await c.start();
      await c.dial(addressOf(a));
      expect(await atC.of("announcement", 1)).toEqual([second]);
    });

    test("announce() with a sequence that isn't higher is dropped by those who hear it", async () => {
      await connect();
      for (const sequence of [5, 5, 4, 6]) await a.announce(announcement(a, sequence).announcement);
      expect(await atB.of("announcement", 2)).toEqual([announcement(a, 5), announcement(a, 6)]);
    });

    test("publishJobEvents() reaches the others with its author", async () => {
      await connect();
      const event: JobEvent = { type: "announced", jobId: "j-1", engine: "wasm", atMs: 1 };
      await a.publishJobEvents([event]);
      expect(await atB.of("jobEvent", 1)).toEqual([{ type: "jobEvent", from: a.identity.nodeId, event }]);
    });

    test("stop() disconnects the peers", async () => {
      await connect();
      await b.stop();
      await atA.disconnected(b.identity.nodeId);
      expect(a.peers()).toEqual([]);
    });

    test("on() lets a listener that throws harm nobody, and tells nothing more once taken away", async () => {
      await connect();
      const heard: string[] = [];
      b.on({
        message() {
          throw new Error("a broken listener");
        },
      });
      const remove = b.on({ message: (_, { type }) => heard.push(type) });
      await a.send(b.identity.nodeId, start("e-1"));
      await atB.of("message", 1);
      remove();
      await a.send(b.identity.nodeId, start("e-2"));
      await atB.of("message", 2);
      expect(heard).toEqual(["start"]);
    });

    test("identity.verify() takes only its author's signature over just those bytes", async () => {
      const bytes = new TextEncoder().encode("a statement");
      const signature = await a.identity.sign(bytes);
      const [idA, idB] = [a.identity.nodeId, b.identity.nodeId];
      expect(await b.identity.verify(idA, bytes, signature)).toBe(true);
      expect(await b.identity.verify(idB, bytes, signature)).toBe(false);
      expect(await b.identity.verify(idA, bytes.slice(1), signature)).toBe(false);
      expect(await b.identity.verify(idA, bytes, signature.slice(1))).toBe(false);
      expect(await b.identity.verify("no node id", bytes, signature)).toBe(false);
      expect(await b.identity.verify("", new Uint8Array(), new Uint8Array())).toBe(false);
    });
  });
}

function addressOf(transport: Transport): string {
  const [address] = transport.addresses();
  if (address === undefined) throw new Error("the transport has no address");
  return address;
}

function start(executionId: string): Message {
  return { type: "start", executionId };
}

function message(from: Transport, sent: Message) {
  return { type: "message", from: from.identity.nodeId, message: sent } as const;
}

function announcement(from: Transport, sequence: number) {
  const labels = { zone: "a" };
  const announced: Announcement = { sequence, ttlMs: 60_000, version: "0.1.0", requester: true, labels };
  return { type: "announcement", from: from.identity.nodeId, announcement: announced } as const;
}
