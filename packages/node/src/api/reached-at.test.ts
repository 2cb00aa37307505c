import { request } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { fastify } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reachedAt } from "./reached-at.ts";

const app = fastify();
app.get("/", async (received) => ({ reached: reachedAt(received)?.href ?? "nowhere" }));
beforeAll(async () => {
  await app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => app.close());

async function reachedBy(host: string): Promise<string> {
  const { port } = app.server.address() as AddressInfo;
  const sent = request({ host: "127.0.0.1", port, headers: { host }, agent: false }).end();
  const [answer] = (await once(sent, "response")) as [AsyncIterable<Buffer>];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return (JSON.parse(Buffer.concat(chunks).toString()) as { reached: string }).reached;
}

describe("the address by which a client came", () => {
  test.each([
    ["127.0.0.1:1234", "http://127.0.0.1:1234/"],
    ["Node7.example.org", "http://node7.example.org/"],
    ["my_node:80", "http://my_node/"],
    ["[2001:db8::1]:8080", "http://[2001:db8::1]:8080/"],
  ])("is read of Host: %s", async (host, url) => {
    expect(await reachedBy(host)).toBe(url);
  });

  test.each([
    "user@evil.example",
    "user:password@evil.example",
    "evil.example/path",
    "evil.example?x=",
    "evil.example#",
    "evil.example:99999",
    "evil.example:80:80",
    "a b",
    "[::1",
    "[not an address]",
    "-evil.example",
    "evil.example\\@good.example",
    "x".repeat(300),
  ])("is nowhere by Host: %s", async (host) => {
    expect(await reachedBy(host)).toBe("nowhere");
  });
});
