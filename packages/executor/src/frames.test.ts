import { PassThrough } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameError, FrameReader, writeFrame } from "./frames.ts";

const LIMITS = { maxHeaderBytes: 1000, maxBodyBytes: 1000 };

/** What `frames` are on the wire. */
function written(...frames: readonly (readonly [object, Uint8Array?])[]): Uint8Array {
  const stream = new PassThrough({ highWaterMark: 1024 * 1024 });
  for (const [header, body] of frames) writeFrame(stream, header, body);
  return (stream.read() as Uint8Array | null) ?? new Uint8Array(0);
}

/** The frames in `pieces`. */
function read(...pieces: readonly Uint8Array[]): readonly (readonly [unknown, string])[] {
  const frames: (readonly [unknown, string])[] = [];
  const reader = new FrameReader(LIMITS, {
    receive: (header, body) => frames.push([header, Buffer.from(body).toString("latin1")]),
  });
  for (const piece of pieces) reader.push(piece);
  return frames;
}

test("FrameReader gives back what writeFrame() wrote, in whatever pieces it comes", () => {
  const frame = fc.tuple(fc.record({ text: fc.string({ maxLength: 50 }) }), fc.uint8Array({ maxLength: 99 }));
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 5 }), fc.integer({ min: 1, max: 64 }), (frames, pieceBytes) => {
      const bytes = written(...frames);
      const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
        bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
      );
      const expected = frames.map(([header, body]) => [header, Buffer.from(body).toString("latin1")]);
      expect(read(...pieces)).toEqual(expected);
    }),
  );
});

test("a body goes where it belongs, without a copy", () => {
  const place = new Uint8Array(new SharedArrayBuffer(3));
  const bodies: Uint8Array[] = [];
  const reader = new FrameReader(LIMITS, {
    bodyOf: (header, sizeBytes) => {
      expect([header, sizeBytes]).toEqual([{ to: "place" }, 3]);
      return place;
    },
    receive: (_, body) => bodies.push(body),
  });
  reader.push(written([{ to: "place" }, Uint8Array.of(1, 2, 3)]));
  expect(bodies).toEqual([place]);
  expect(place).toEqual(Uint8Array.of(1, 2, 3));
});

test("FrameReader refuses what is over its limits before it takes memory for it, and headers that are not JSON", () => {
  const prefix = (headerBytes: number, bodyBytes: number): Uint8Array => {
    return new Uint8Array(Uint32Array.of(headerBytes, bodyBytes).buffer);
  };
  expect(() => read(prefix(1001, 0))).toThrow(FrameError);
  expect(() => read(prefix(2, 0xffff_ffff))).toThrow(
    "a frame's body of 4294967295 bytes is over the limit of 1000",
  );
  expect(() => read(prefix(0, 0), prefix(0, 0))).toThrow(/not JSON/);
  expect(() => read(Buffer.concat([prefix(3, 0), Buffer.from("{a}")]))).toThrow(FrameError);
});
