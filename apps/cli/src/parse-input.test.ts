import { describe, expect, test } from "vitest";
import { looksLikeCid, parseInput, parseOrigin, parseResultPath } from "./parse-input.ts";

const CID = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
const none = (): boolean => false;
const only =
  (...paths: readonly string[]) =>
  (path: string): boolean =>
    paths.includes(path);

describe("parseInput()", () => {
  test.each([
    [`ipfs://${CID}:/data`, { kind: "cid", cid: CID }, "/data"],
    [`${CID}:/data/x`, { kind: "cid", cid: CID }, "/data/x"],
    ["local:///srv/data:/in", { kind: "node-folder", path: "/srv/data" }, "/in"],
    ["local:/srv/data:/in", { kind: "node-folder", path: "/srv/data" }, "/in"],
    ["words.txt:/in/words.txt", { kind: "file", path: "words.txt" }, "/in/words.txt"],
    ["file:///tmp/w:/w", { kind: "file", path: "/tmp/w" }, "/w"],
    ["/tmp/w:/w", { kind: "file", path: "/tmp/w" }, "/w"],
    ["a:b.txt:/w", { kind: "file", path: "a:b.txt" }, "/w"],
    ["https://example.org/a:/x", { kind: "url", url: "https://example.org/a" }, "/x"],
    ["HTTP://example.org:8080/a?b:/x", { kind: "url", url: "HTTP://example.org:8080/a?b" }, "/x"],
    ["data:text/plain,hello:/greeting", { kind: "data-url", url: "data:text/plain,hello" }, "/greeting"],
  ])("reads %s", (text, origin, target) => {
    const input = parseInput(text, only("words.txt", "/tmp/w", "a:b.txt"));
    expect(input).toEqual({ origin, target });
  });

  test("prefers a file here to a CID of the same name", () => {
    expect(parseInput(`${CID}:/x`, only(CID)).origin).toEqual({ kind: "file", path: CID });
  });

  test.each([
    "words.txt",
    `ipfs://${CID}`,
    "https://example.org/x",
    ":/x",
    "words.txt:/",
    "words.txt:relative",
  ])("refuses %s: it doesn't say where the task finds it", (text) => {
    expect(() => parseInput(text, only("words.txt"))).toThrow(/at which path/);
  });

  test("names a scheme that it doesn't know", () => {
    expect(() => parseInput("ftp://example.org/x:/x", none)).toThrow(/unknown scheme "ftp:"/);
  });

  test("says of a source without a scheme that it is neither a file nor a CID", () => {
    const parse = (): unknown => parseInput("nothing:/x", none);
    expect(parse).toThrow(/no file "nothing" here, and it is not a CID/);
    expect(parse).toThrow(expect.objectContaining({ code: "cli/usage", exitCode: 2 }));
  });

  test("refuses a folder of the nodes that is no absolute path", () => {
    expect(() => parseInput("local://data:/x", none)).toThrow(/not an absolute path/);
  });
});

test("parseOrigin() names the module that isn't there", () => {
  expect(() => parseOrigin("hello.wasm", none, 'module "hello.wasm"')).toThrow(
    /^Cannot take module "hello.wasm"/,
  );
});

describe("parseResultPath()", () => {
  test("reads name:/path", () => {
    expect(parseResultPath("out:/outputs")).toEqual({ name: "out", path: "/outputs" });
  });

  test.each(["out", ":/outputs", "out:outputs", "/outputs"])("refuses %s", (text) => {
    expect(() => parseResultPath(text)).toThrow(/it is not name:\/path/);
  });
});

test.each([
  [CID, true],
  ["QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG", true],
  ["words.txt", false],
  ["bafy", false],
])("looksLikeCid() says of %s: %s", (text, expected) => {
  expect(looksLikeCid(text)).toBe(expected);
});
