import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { gadus } from "./gadus.ts";

/** The address of a server that answers everything with `status` and `body`. */
async function serverOf(status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("gadus shows an error of the API without the control characters in it", async () => {
  const body = { Status: 404, Message: "gone\u001b]0;title\u0007", Code: "a/b", Hint: "\u001b[2Jnone" };
  const api = await serverOf(404, JSON.stringify(body));
  const { exitCode, stderr } = await gadus(["job", "list", "--debug"], { api });
  expect(exitCode).toBe(4);
  expect(stderr).toContain("gadus: gone ]0;title \n");
  expect(stderr).toContain("   [2Jnone\n");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});

test.each(["null", "1", '"text"'])(
  "gadus says of the answer %s that it is none of its API's",
  async (body) => {
    const api = await serverOf(200, body);
    const { exitCode, stderr } = await gadus(["job", "list"], { api });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`Cannot read the answer of ${api}: it is not an object in JSON`);
    expect(stderr).toContain("Name another with --api or GADUS_API.");
  },
);
