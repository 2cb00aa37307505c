import { describe, expect, test } from "vitest";
import { IMAGE_TARGET, parseImage } from "./parse-image.ts";

const CID = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
const DIGEST = `sha256:${"0f".repeat(32)}`;
const here = (path: string): boolean => ["app.tar", "/tmp/app.tar", "./app.tgz", "busybox"].includes(path);

describe("parseImage()", () => {
  test.each([
    "busybox",
    "busybox:1.36",
    `busybox@${DIGEST}`,
    "registry.example.org:5000/team/app:v1.tar",
    DIGEST,
  ])("leaves the name %s as it is", (text) => {
    expect(parseImage(text, [], here)).toEqual({ image: text });
  });

  test.each([
    [CID, `ipfs://${CID}`],
    [`ipfs://${CID}`, `ipfs://${CID}`],
    [`IPFS://${CID}`, `ipfs://${CID}`],
  ])("takes the CID of an archive: %s", (text, image) => {
    expect(parseImage(text, [], here)).toEqual({ image });
  });

  test.each(["app.tar", "/tmp/app.tar"])("gives the archive %s, that is here, to the job", (path) => {
    expect(parseImage(path, [], here)).toEqual({ image: IMAGE_TARGET, archive: { kind: "file", path } });
  });

  test("prefers an input at that path to a file here", () => {
    expect(parseImage("/tmp/app.tar", ["/tmp/app.tar"], here)).toEqual({ image: "/tmp/app.tar" });
  });

  test.each(["other.tar", "./other.tar", "/images/app", "../app"])(
    "refuses %s, which is neither here nor an input",
    (text) => {
      expect(() => parseImage(text, ["/file.txt"], here)).toThrow(
        expect.objectContaining({
          code: "cli/usage",
          message: `Cannot take image "${text}": no such file here, and no input is at that path`,
          hint: expect.stringContaining("docker save"),
        }),
      );
    },
  );

  test("refuses a file here that isn't called .tar", () => {
    expect(() => parseImage("./app.tgz", [], here)).toThrow(/must end in \.tar/);
  });

  test("refuses an image without a name", () => {
    expect(() => parseImage("", [], here)).toThrow(/Cannot take image ""/);
  });
});
