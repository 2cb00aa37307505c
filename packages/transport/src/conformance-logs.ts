import type { LogFrame, LogRequest } from "@gadus/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TransportFixture } from "./conformance.ts";
import { TransportError } from "./transport-error.ts";
import type { Transport } from "./transport.ts";

const REQUEST: LogRequest = { executionId: "e-1", fromBytes: 3, follow: true };

/** The part of every transport's contract that is about logs. */
export function describeTransportLogs(name: string, setup: () => Promise<TransportFixture>): void {
  describe(`${name} carries logs`, () => {
    let fixture: TransportFixture;
    let reader: Transport;
    let node: Transport;

    beforeEach(async () => {
      fixture = await setup();
      [reader, node] = [await fixture.create(), await fixture.create()];
      await Promise.all([reader.start(), node.start()]);
      await reader.dial(node.addresses()[0] ?? "");
    });
    afterEach(async () => {
      await fixture.close();
    });

    const open = (signal?: AbortSignal) =>
      reader.openLogs(node.identity.nodeId, REQUEST, signal === undefined ? {} : { signal });

    test("the handler hears who asks for what, and its frames arrive as they are", async () => {
      const frames: LogFrame[] = [
        output(3, "on the way"),
        { ...output(13, "and\0"), stream: "stderr" },
        { type: "fail", code: "test/over", message: "there is no more" },
      ];
      const heard: unknown[] = [];
      node.serveLogs(async function* (from, request) {
        heard.push(from, request);
        yield* frames;
      });
      expect((await all(open())).map(plain)).toEqual(frames.map(plain));
      expect(heard).toEqual([reader.identity.nodeId, REQUEST]);
    });

    test("a frame is here before the next one exists", async () => {
      const seen = Promise.withResolvers<void>();
      node.serveLogs(async function* () {
        yield output(0, "a");
        await seen.promise;
        yield output(1, "b");
      });
      const texts: string[] = [];
      for await (const frame of open()) {
        if (frame.type === "output") texts.push(new TextDecoder().decode(frame.bytes));
        seen.resolve();
      }
      expect(texts).toEqual(["a", "b"]);
    });

    test("large logs arrive whole, and several at once", async () => {
      const bytes = new Uint8Array(60_000).map((_, index) => index % 251);
      node.serveLogs(async function* () {
        for (let index = 0; index < 40; index += 1) yield { ...output(index * bytes.length, "-"), bytes };
      });
      const sizes = await Promise.all([1, 2, 3].map(async () => (await all(open())).length));
      expect(sizes).toEqual([40, 40, 40]);
    });

    test("a node also reads its own", async () => {
      node.serveLogs(async function* (from) {
        yield output(0, from);
      });
      const frames = await all(node.openLogs(node.identity.nodeId, REQUEST));
      expect(frames.map(plain)).toEqual([plain(output(0, node.identity.nodeId))]);
    });

    test("without a handler, and where it throws, the last frame says so", async () => {
      expect(await all(open())).toMatchObject([{ type: "fail", code: "transport/no-logs" }]);
      const stop = node.serveLogs(async function* () {
        yield output(0, "a");
        throw new TransportError("transport/overloaded", "Cannot read logs: too many do");
      });
      expect(await all(open())).toMatchObject([
        { type: "output" },
        { type: "fail", code: "transport/overloaded", message: "Cannot read logs: too many do" },
      ]);
      stop();
      expect(await all(open())).toMatchObject([{ code: "transport/no-logs" }]);
    });

    test("nothing of an error without a code gets out", async () => {
      node.serveLogs(async function* () {
        yield output(0, "a");
        throw new Error("/secret/path");
      });
      const frames = await all(open());
      expect(frames).toMatchObject([{ type: "output" }, { type: "fail" }]);
      expect(JSON.stringify(frames)).not.toContain("secret");
    });

    test("who stops reading is heard of by the handler", async () => {
      const gone = Promise.withResolvers<void>();
      node.serveLogs(async function* (_, __, { signal }) {
        signal.addEventListener("abort", () => gone.resolve());
        try {
          yield output(0, "a");
          await gone.promise;
        } finally {
          gone.resolve();
        }
      });
      for await (const frame of open()) {
        expect(frame.type).toBe("output");
        break;
      }
      await gone.promise;
    });

    test("it throws the signal's reason", async () => {
      const reason = new Error("no longer wanted");
      await expect(all(open(AbortSignal.abort(reason)))).rejects.toBe(reason);
      const stop = new AbortController();
      node.serveLogs(async function* (_, __, { signal }) {
        yield output(0, "a");
        await aborted(signal);
      });
      const reading = (async () => {
        for await (const _ of open(stop.signal)) stop.abort(reason);
      })();
      await expect(reading).rejects.toBe(reason);
    });

    test("it rejects where the node is lost midway, can't be reached, or this one has stopped", async () => {
      node.serveLogs(async function* (_, __, { signal }) {
        yield output(0, "a");
        await aborted(signal);
      });
      const reading = (async () => {
        for await (const _ of open()) await node.stop();
      })();
      await expect(reading).rejects.toMatchObject({ code: "transport/unreachable" });
      const stranger = reader.openLogs(fixture.strangerId, REQUEST);
      await expect(all(stranger)).rejects.toMatchObject({ code: "transport/unreachable" });
      await reader.stop();
      await expect(all(open())).rejects.toMatchObject({ code: "transport/stopped" });
    });
  });
}

function output(offset: number, text: string): LogFrame & { readonly type: "output" } {
  return { type: "output", stream: "stdout", offset, bytes: new TextEncoder().encode(text) };
}

/** With plain numbers for bytes, of whichever kind of array. */
function plain(frame: LogFrame): object {
  return frame.type === "output" ? { ...frame, bytes: Array.from(frame.bytes) } : frame;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });
}
