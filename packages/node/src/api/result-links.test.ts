import { describe, expect, test } from "vitest";
import { createResultLinks, readResultLink } from "./result-links.ts";

const CID = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
const OTHER = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";
const secret = new Uint8Array(32).fill(7);

function linksAt(base: string, key = secret, publicUrl?: URL) {
  return createResultLinks(key, Promise.resolve(new URL(base)), publicUrl);
}

async function nameOf(cid: string, key = secret): Promise<string> {
  return (await linksAt("http://node:1234", key).urlOf(cid)).replace(/.*\//, "");
}

describe("a link to a result", () => {
  test("is below the node's address, ends in .tar.gz, and is the same after a restart", async () => {
    const url = await linksAt("http://127.0.0.1:1234").urlOf(CID);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:1234\/results\/bafy[a-z2-7]+\.[\w-]{43}\.tar\.gz$/);
    expect(await linksAt("http://127.0.0.1:1234").urlOf(CID)).toBe(url);
    const behind = await linksAt("https://example.org/node-7/").urlOf(CID);
    expect(behind).toMatch(/^https:\/\/example\.org\/node-7\/results\/bafy/);
  });

  test("stands for its CID on the node that made it", async () => {
    expect(linksAt("http://node").read(await nameOf(CID))).toEqual({ cid: CID, kind: "kept" });
  });

  test.each([
    ["another CID's token", async () => (await nameOf(OTHER)).replace(OTHER, CID)],
    ["another node's token", async () => nameOf(CID, new Uint8Array(32).fill(8))],
    [
      "a changed letter",
      async () => (await nameOf(CID)).replace(/\.(.)/, (_, a) => `.${a === "A" ? "B" : "A"}`),
    ],
    ["a token cut short", async () => (await nameOf(CID)).replace(/.\.tar\.gz$/, ".tar.gz")],
    ["no token", async () => `${CID}.tar.gz`],
    ["a CID alone", async () => CID],
    ["nothing", async () => ""],
  ])("stands for nothing with %s", async (_, name) => {
    expect(linksAt("http://node").read(await name())).toBeUndefined();
  });

  test("waits for the API to listen, and not once nobody wants it", async () => {
    const { promise } = Promise.withResolvers<URL>();
    const links = createResultLinks(secret, promise);
    const controller = new AbortController();
    const url = links.urlOf(CID, { signal: controller.signal });
    const reason = new Error("stopped");
    controller.abort(reason);
    await expect(url).rejects.toBe(reason);
  });
});

describe("a link to what a node passes on", () => {
  const reached = new URL("http://10.1.2.3:8080/");

  test("is below the address by which the client came, else the node's own", async () => {
    const links = linksAt("http://127.0.0.1:1234");
    expect(await links.urlThrough(CID, reached)).toMatch(
      /^http:\/\/10\.1\.2\.3:8080\/results\/bafy[a-z2-7]+\.[\w-]{43}\.tar\.gz$/,
    );
    expect(await links.urlThrough(CID, undefined)).toMatch(/^http:\/\/127\.0\.0\.1:1234\/results\//);
  });

  test("is below the public address where the operator set one", async () => {
    const links = linksAt("http://127.0.0.1:1234", secret, new URL("https://example.org/gadus/"));
    expect(await links.urlThrough(CID, reached)).toMatch(/^https:\/\/example\.org\/gadus\/results\/bafy/);
  });

  test("is another capability than that to what is kept, in both directions", async () => {
    const links = linksAt("http://node");
    const name = (await links.urlThrough(CID, undefined))?.replace(/.*\//, "") ?? "";
    expect(links.read(name)).toEqual({ cid: CID, kind: "fetched" });
    expect(name).not.toBe(await nameOf(CID));
    expect(linksAt("http://node", new Uint8Array(32).fill(8)).read(name)).toBeUndefined();
    expect(links.read(name.replace(CID, OTHER))).toBeUndefined();
  });

  test.each(["QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnQxbz", "../../api", "", "b".repeat(200)])(
    "isn't there for %j, which no link can have",
    async (cid) => {
      expect(await linksAt("http://node").urlThrough(cid, reached)).toBeUndefined();
    },
  );
});

describe("what a node gives as a link", () => {
  const name = `${CID}.${"A".repeat(43)}.tar.gz`;

  test.each([
    `http://192.0.2.1:1234/results/${name}`,
    `https://example.org/results/${name}`,
    `https://[2001:db8::1]:8080/node-7/results/${name}`,
  ])("is read: %s", (text) => {
    expect(readResultLink(text, CID)?.href).toBe(text);
  });

  test.each([
    ["another result", `http://192.0.2.1/results/${name.replace(CID, OTHER)}`],
    ["another path", "http://192.0.2.1/latest/meta-data/x.tar.gz"],
    ["another folder", `http://192.0.2.1/api/v1/${name}`],
    ["a query", `http://192.0.2.1/results/${name}?a=b`],
    ["a query before", `http://192.0.2.1/?x=/results/${name}`],
    ["a fragment", `http://192.0.2.1/x#/results/${name}`],
    ["a password", `http://a:b@192.0.2.1/results/${name}`],
    ["a user", `http://a@192.0.2.1/results/${name}`],
    ["a file", `file:///results/${name}`],
    ["another scheme", `gopher://192.0.2.1/results/${name}`],
    ["an address in another form", `http://0x7f.1/results/${name}`],
    ["white space", ` http://192.0.2.1/results/${name}`],
    ["a path that goes up", `http://192.0.2.1/x/../results/${name}`],
    ["a path that is too long", `http://192.0.2.1/${"x".repeat(2048)}/results/${name}`],
    ["no URL", name],
  ])("is refused with %s", (_, text) => {
    expect(readResultLink(text, CID)).toBeUndefined();
  });
});
