import fc from "fast-check";
import { expect, test } from "vitest";
import { describeStorageSource, patternBytes } from "./conformance.ts";
import { createInlineSource } from "./inline.ts";
import { parseDataUrl } from "./index.ts";

const inline = (url: string) => ({ type: "inline", params: { url } });
const base64 = (bytes: Uint8Array) =>
  `data:application/octet-stream;base64,${Buffer.from(bytes).toString("base64")}`;

describeStorageSource("inline", { folders: false, seesMissing: true }, async () => ({
  source: createInlineSource(),
  file: inline(base64(patternBytes(2500))),
  fileBytes: 2500,
  missing: inline("https://example.com/input"),
}));

test("parseDataUrl() gives back any bytes that were written as base64", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(parseDataUrl(base64(bytes))).toEqual(bytes);
      expect(parseDataUrl(`data:;base64,${Buffer.from(bytes).toString("base64url")}`)).toEqual(bytes);
    }),
  );
});

test("parseDataUrl() gives back any text that was percent-encoded", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const bytes = new TextEncoder().encode(text);
      expect(parseDataUrl(`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`)).toEqual(bytes);
    }),
  );
});

test.each([
  ["data:,", ""],
  ["data:,a,b;base64", "a,b;base64"],
  ["DATA:text/plain;BASE64,aGk=", "hi"],
  ["data:;base64,aGk%3D", "hi"],
  ["data:;base64,aG\nk", "hi"],
  ["data:,100%25", "100%"],
])("parseDataUrl(%j) is %j", (url, expected) => {
  expect(new TextDecoder().decode(parseDataUrl(url))).toBe(expected);
});

test.each([
  ["http://example.com/", /"data:"/],
  ["data:text/plain", /comma/],
  ["data:;base64,a", /base64/],
  ["data:;base64,a*b=", /base64/],
  ["data:,50%", /"%" at character 2/],
  ["data:,%zz", /hexadecimal/],
])("parseDataUrl(%j) says what is wrong", (url, message) => {
  expect(() => parseDataUrl(url)).toThrow(message);
});

test("parseDataUrl() refuses more bytes than it may take, and shows only the start of the URL", () => {
  expect(parseDataUrl(base64(patternBytes(100)), 100)).toHaveLength(100);
  for (const size of [101, 1000]) {
    expect(() => parseDataUrl(base64(patternBytes(size)), 100)).toThrow(/^.{0,120}more than 100 bytes$/);
  }
});

test("check() says which parameter is missing", async () => {
  const found = await createInlineSource().check({ type: "inline", params: {} });
  expect(found).toMatchObject({ available: false, reason: expect.stringContaining('"url"') as unknown });
});
