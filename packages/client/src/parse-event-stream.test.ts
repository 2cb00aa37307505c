import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_EVENT_CHARACTERS, parseEventStream, type ServerSentEvent } from "./parse-event-stream.ts";

async function* chunks(...texts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield typeof text === "string" ? new TextEncoder().encode(text) : text;
}

async function parse(...texts: readonly (string | Uint8Array)[]): Promise<readonly ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of parseEventStream(chunks(...texts))) events.push(event);
  return events;
}

test("parseEventStream() reads id, event and data, and joins lines of data", async () => {
  expect(await parse("id: 7\nevent: job\ndata: a\ndata:b\n\n", "data:  c\n\n")).toEqual([
    { id: "7", event: "job", data: "a\nb" },
    { id: "7", event: "message", data: " c" },
  ]);
});

test("parseEventStream() skips comments, retry, unknown fields and events without data", async () => {
  expect(await parse(": beat\nretry: 10\nfoo: bar\nevent: x\n\ndata\n\n")).toEqual([
    { id: undefined, event: "message", data: "" },
  ]);
});

test("parseEventStream() drops an event that the stream ends in the middle of", async () => {
  expect(await parse("data: a\n\ndata: b\n")).toEqual([{ id: undefined, event: "message", data: "a" }]);
});

test("parseEventStream() reads the same events however the bytes are cut, with any line ends", async () => {
  const bytes = new TextEncoder().encode("id: 1\r\ndata: ä\r\n\r\nid: 2\rdata: €\r\rid: 3\ndata: 𝄞\n\n");
  const whole = [
    { id: "1", event: "message", data: "ä" },
    { id: "2", event: "message", data: "€" },
    { id: "3", event: "message", data: "𝄞" },
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 8 }), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const parts = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
      expect(await parse(...parts)).toEqual(whole);
    }),
  );
});

test("parseEventStream() refuses an event that doesn't end, in one line or in many", async () => {
  const half = "x".repeat(MAX_EVENT_CHARACTERS / 2 + 1);
  await expect(parse(half, half)).rejects.toThrow(RangeError);
  await expect(parse(`data: ${half}\n`, `data: ${half}\n`)).rejects.toThrow(RangeError);
});
