import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PageServer, servePage } from "./browser-page.ts";
import { gadus, type Running, startServe, succeeded } from "./gadus.ts";
import type { NodeReady } from "../src/parent-process.ts";

const CHROMIUM = "/usr/bin/chromium";

/** What a page does with the client; `gadus` is the bundled `@gadus/client` with `readCar()`. */
const ENTRY = `
  import * as client from "@gadus/client";
  import { parseCid, readCar } from "@gadus/client/read-car";
  globalThis.gadus = { ...client, parseCid, readCar };
`;

interface Seen {
  readonly jobId: string;
  readonly state: string | undefined;
  readonly views: number;
  readonly listed: boolean;
  readonly lines: readonly string[];
  readonly cid: string | undefined;
  readonly blocks: number;
  readonly nodes: number;
}

describe.skipIf(!existsSync(CHROMIUM))("the client in Chromium (needs Chromium)", () => {
  const folder = mkdtempSync(join(tmpdir(), "gadus-browser-"));
  let node: Running<NodeReady>;
  let server: PageServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const places = ["--data-dir", join(folder, "node"), "--listen", "/ip4/127.0.0.1/tcp/0"];
    node = await startServe("--requester", "--compute", "--api-port", "0", ...places);
    server = await servePage(await bundle(), node.ready.api);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    page = await browser.newPage();
    await page.goto(server.url);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await node?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  test("submits a job, waits for it by its events, lists it, reads its logs, and checks its result", async () => {
    const seen = await page.evaluate<Seen>(RUN_JOB);
    expect(seen).toMatchObject({ state: "Completed", listed: true, lines: ["one\n", "two\n"], nodes: 1 });
    expect(seen.views).toBeGreaterThan(0);
    expect(seen.cid).toMatch(/^baf/);
    expect(seen.blocks).toBeGreaterThan(1);
  });

  test("uploads a file that a page has", async () => {
    const cid = await page.evaluate(`(async () => {
      const client = gadus.createClient({ url: location.origin });
      return await client.blobs.upload(new File(["hello"], "hello.txt"));
    })()`);
    expect(cid).toBe("bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq");
  });

  test("says what was refused, with all that the API said of it", async () => {
    const error = await page.evaluate(`(async () => {
      const client = gadus.createClient({ url: location.origin });
      try {
        await client.jobs.get("j-none");
      } catch (error) {
        return { ...error, message: error.message };
      }
    })()`);
    expect(error).toMatchObject({
      code: "client/not-found",
      status: 404,
      message: expect.stringMatching(/^Cannot /) as unknown,
      requestId: expect.stringMatching(/./) as unknown,
    });
  });

  test("says that an address can't be reached", async () => {
    const message = await page.evaluate(`(async () => {
      const client = gadus.createClient({ url: "http://127.0.0.1:9" });
      return await client.agent.node().catch((error) => error.code + ": " + error.message);
    })()`);
    expect(message).toMatch(/^client\/unreachable: Cannot reach http:\/\/127\.0\.0\.1:9: /);
  });
});

describe.skipIf(!existsSync(CHROMIUM))("a page of another site with a key (needs Chromium)", () => {
  test("waits for a job by its events and reads its logs, and the key is in no line of the node's log", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gadus-page-"));
    const data = join(folder, "node");
    const server = await servePage(await bundle(), "http://127.0.0.1:9");
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    try {
      const config = join(folder, "node.yaml");
      const api = { port: 0, auth: { anonymous: "none" }, cors: { origins: [server.url] } };
      writeFileSync(config, JSON.stringify({ api, log: { level: "debug" } }));
      const places = ["--config", config, "--data-dir", data, "--listen", "/ip4/127.0.0.1/tcp/0"];
      const node = await startServe("--requester", "--compute", ...places);
      try {
        const make = [
          "auth",
          "keys",
          "create",
          "--right",
          "submit",
          "--name",
          "page",
          "--data-dir",
          data,
          "-q",
        ];
        const key = succeeded(await gadus(make)).stdout.trim();
        const page = await browser.newPage();
        await page.goto(server.url);
        const run = (token: string) =>
          page.evaluate<Seen>(
            RUN_JOB.replace("url: location.origin", `url: "${node.ready.api}", token: "${token}"`),
          );
        expect(await run(key)).toMatchObject({ state: "Completed", lines: ["one\n", "two\n"] });
        await expect(run(`${key}x`)).rejects.toThrow("doesn't know the key");
        const log = node.log();
        expect(log).toContain("answered a request");
        expect(log).not.toContain(key);
        expect(log).not.toContain(Buffer.from(key).toString("base64url"));
      } finally {
        await node.end();
      }
    } finally {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

const RUN_JOB = `(async () => {
  const client = gadus.createClient({ url: location.origin });
  let views = 0;
  let jobId = "";
  const document = {
    Type: "batch",
    Tasks: [{ Name: "main", Engine: { Type: "noop", Params: { Stdout: "one\\ntwo\\n" } } }],
  };
  const { Job } = await client.run(document, {
    onSubmitted: ({ JobID }) => (jobId = JobID),
    onView: () => (views += 1),
  });
  const { Items } = await client.jobs.list();
  const lines = [];
  for await (const { value } of client.logs(jobId)) lines.push(value.Line);
  const [published] = await client.results(jobId);
  const cid = gadus.cidOf(published.result);
  let blocks = 0;
  for await (const block of gadus.readCar(await client.car(cid), gadus.parseCid(cid))) blocks += block ? 1 : 0;
  const nodes = (await client.nodes.list()).length;
  const listed = Items.some(({ ID }) => ID === jobId);
  return { jobId, state: Job.State.StateType, views, listed, lines, cid, blocks, nodes };
})()`;

/** The client as one script; a module of Node's in it is an error. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    bundle: true,
    format: "esm",
    platform: "browser",
    minify: true,
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}
