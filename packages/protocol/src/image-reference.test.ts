import { describe, expect, test } from "vitest";
import { isFixedImage, parseImageReference } from "./image-reference.ts";

const HEX = "0123456789abcdef".repeat(4);
const parse = (text: string): string => parseImageReference(text, "Image");

describe("parseImageReference()", () => {
  test.each([
    ["ubuntu", "ubuntu:latest"],
    ["ubuntu:24.04", "ubuntu:24.04"],
    ["library/ubuntu:V_1.2-rc", "ubuntu:V_1.2-rc"],
    ["docker.io/library/ubuntu", "ubuntu:latest"],
    ["index.docker.io/team/app:1", "team/app:1"],
    ["registry.example/library/app:1", "registry.example/library/app:1"],
    ["localhost/app", "localhost/app:latest"],
    ["localhost:5000/app:1", "localhost:5000/app:1"],
    ["Registry.Example:5000/a/b__c/d-e.f:1", "Registry.Example:5000/a/b__c/d-e.f:1"],
    ["[::1]:5000/app", "[::1]:5000/app:latest"],
    ["127.0.0.1:5000/app:1", "127.0.0.1:5000/app:1"],
    [`ubuntu@sha256:${HEX}`, `ubuntu@sha256:${HEX}`],
    [`host.example:5000/app:1@sha256:${HEX}`, `host.example:5000/app@sha256:${HEX}`],
    [`sha256:${HEX}`, `sha256:${HEX}`],
  ])("reads %s as %s", (text, reference) => {
    expect(parse(text)).toBe(reference);
    expect(parse(reference)).toBe(reference);
  });

  test.each([
    ["Ubuntu:24.04", "Write ubuntu."],
    ["team/App", "Write team/app."],
    ["ubuntu:", "name:1.2"],
    ["ubuntu:-1", "name:1.2"],
    [`ubuntu:${"a".repeat(129)}`, "name:1.2"],
    [`ubuntu@sha256:${HEX.slice(1)}`, "64 lower-case"],
    [`ubuntu@sha512:${HEX}${HEX}`, "64 lower-case"],
    [`ubuntu@sha256:${HEX.toUpperCase()}`, "64 lower-case"],
    [HEX, `Write sha256:${HEX}.`],
    [`sha256:${HEX.toUpperCase()}`, `Write sha256:${HEX}.`],
    ["ex_ample.com/app", "host:port/name"],
    ["host:123456/app", "host:port/name"],
    ["a//b", "name:tag"],
    ["a/", "name:tag"],
    ["a/-b", "name:tag"],
    ["a..b", "name:tag"],
    ["../etc", "host:port/name"],
    ["a b", "name:tag"],
    ["ubuntu\n", "name:tag"],
    [":1", "name:tag"],
    [`@sha256:${HEX}`, "name:tag"],
    ["a".repeat(256), "name:tag"],
    ["https://example.com/app", ""],
  ])("refuses %o, and says what is right", (text, hint) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: "protocol/invalid-document",
        field: "Image",
        hint: expect.stringContaining(hint),
      }),
    );
  });

  test("takes no longer for a long name", () => {
    expect(() => parse("a-".repeat(200_000))).toThrow("longer than 255");
    expect(() => parse(`a/${"a".repeat(250)}-`)).toThrow("no part of a name");
  });
});

describe("isFixedImage()", () => {
  test("is true of digests and image ids alone", () => {
    expect([`ubuntu@sha256:${HEX}`, `sha256:${HEX}`].map(isFixedImage)).toEqual([true, true]);
    expect(["ubuntu:latest", "sha256:latest", "host.example/app:1"].map(isFixedImage)).toEqual([
      false,
      false,
      false,
    ]);
  });
});
