import { describe, expect, test } from "vitest";
import { parseSource } from "./source-document.ts";

const SHA256 = "A9".repeat(32);

describe("parseSource()", () => {
  test.each([
    [{ URL: "https://example.org/data" }, { url: "https://example.org/data" }],
    [{ url: "HTTP://Example.org:80/a b#part" }, { url: "http://example.org/a%20b" }],
    [
      { URL: "http://example.org/data?a=1", checksumSha256: SHA256 },
      { url: "http://example.org/data?a=1", sha256: SHA256.toLowerCase() },
    ],
    [{ URL: "http://example.org/", ChecksumSHA256: "" }, { url: "http://example.org/" }],
  ])("takes a URL, and a checksum if there is one, in any letter case: %j", (Params, params) => {
    for (const Type of ["urlDownload", "URLDOWNLOAD"]) {
      expect(parseSource({ Type, Params }, "Source")).toEqual({ type: "http", params });
    }
  });
});
