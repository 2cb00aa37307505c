import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, connect, type Socket } from "node:net";
import { join } from "node:path";
import { silentLogger } from "@gadus/protocol";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openEgressProxy } from "./egress-proxy.ts";
import { listenLocally, say, serveLocally, testProxy } from "./test-egress.ts";

const get = (url: string, fields = ""): string =>
  `GET ${url} HTTP/1.1\r\nHost: other.example\r\n${fields}\r\n`;
const tunnelTo = (authority: string): string => `CONNECT ${authority} HTTP/1.1\r\n\r\n`;
/** Allows 127.0.0.1:port, and what `lookup` says is there. */
const local = (port: number) => ({ domains: ["127.0.0.1"], allowHosts: [`127.0.0.1:${port}`] });
const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once("close", () => resolve()));

describe("a request for an http:// URL", () => {
  test("reaches its server anew, without what is the proxy's, and its answer comes back", async () => {
    const port = await serveLocally(onTestFinished, (request, answer) => {
      answer.writeHead(201, {
        "x-answer": "1",
        "proxy-authenticate": "x",
        connection: "x-gone",
        "x-gone": "1",
      });
      answer.end(JSON.stringify([request.method, request.url, request.headers]));
    });
    const { socketPath } = await testProxy(onTestFinished, local(port));
    const fields =
      "Proxy-Authorization: Basic x\r\nProxy-Connection: keep-alive\r\nConnection: X-Mine\r\nX-Mine: 1\r\nX-Kept: 1\r\n";
    const answer = await say(socketPath, get(`http://127.0.0.1:${port}/a?b#c`, fields));
    expect(answer).toMatch(/^HTTP\/1.1 201 /);
    expect(answer).toContain("x-answer: 1");
    expect(answer).not.toMatch(/x-gone|proxy-/i);
    const headers = { "x-kept": "1", host: `127.0.0.1:${port}`, connection: "close" };
    expect(answer).toContain(JSON.stringify(["GET", "/a?b", headers]));
  });

  test("carries a body of a length, or in chunks, and of any size", async () => {
    const port = await serveLocally(onTestFinished, (request, answer) => {
      let length = 0;
      request.on("data", (chunk: Buffer) => {
        length += chunk.length;
      });
      request.once("end", () =>
        answer.end(`${request.headers["content-length"]} ${request.headers["transfer-encoding"]} ${length}`),
      );
    });
    const { socketPath } = await testProxy(onTestFinished, local(port));
    const send = (head: string, body: string) =>
      say(socketPath, `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n${body}`);
    expect(await send("Content-Length: 3000000", "x".repeat(3_000_000))).toContain(
      "3000000 undefined 3000000",
    );
    expect(await send("Transfer-Encoding: chunked", "3\r\nabc\r\n0\r\n\r\n")).toContain(
      "undefined chunked 3",
    );
    expect(await send("Connection: Content-Length\r\nContent-Length: 3", "abc")).toContain("3 undefined 3");
  });

  test("is never two to the server", async () => {
    const seen: string[] = [];
    const port = await serveLocally(onTestFinished, (request, answer) => {
      seen.push(request.url ?? "");
      answer.end("ok");
    });
    const { socketPath } = await testProxy(onTestFinished, local(port));
    const url = `http://127.0.0.1:${port}`;
    const hidden = `GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n`;
    const both = `Content-Length: ${hidden.length}\r\nTransfer-Encoding: chunked\r\n`;
    const many = "a:\r\n".repeat(2100);
    await say(socketPath, get(`${url}/1`, both) + `0\r\n\r\n${hidden}`);
    await say(socketPath, get(`${url}/2`, "Content-Length: 1\r\nContent-Length: 2\r\n") + hidden);
    await say(socketPath, get(`${url}/3`, "Transfer-Encoding: gzip, chunked\r\n") + `0\r\n\r\n${hidden}`);
    await say(socketPath, get(`${url}/4`) + hidden.replace("/hidden", `${url}/hidden`));
    await say(socketPath, get(`${url}/5`, `${many}Content-Length: ${hidden.length}\r\n`) + hidden);
    await say(socketPath, get(`${url}/6`) + tunnelTo(`127.0.0.1:${port}`) + hidden);
    expect(seen.filter((path) => /hidden/.test(path))).toEqual([]);
    expect(seen).not.toContain("/1");
    expect(seen).not.toContain("/2");
  });

  test.each([
    ["GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", "403"],
    ["GET https://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n", "403"],
    ["GET http://user@example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n", "403"],
    ["GET http://[::1]/ HTTP/1.1\r\nHost: example.com\r\n\r\n", "403"],
    ["GET http://[::ffff:169.254.169.254]/ HTTP/1.1\r\nHost: example.com\r\n\r\n", "403"],
    ["GET http://2130706433/ HTTP/1.1\r\nHost: example.com\r\n\r\n", "403"],
    ["GET http://0177.0.0.1/ HTTP/1.1\r\nHost: example.com\r\n\r\n", "403"],
    ["GET http://169.254.169.254/latest/meta-data HTTP/1.1\r\nHost: example.com\r\n\r\n", "403"],
    ["CONNECT example.com HTTP/1.1\r\n\r\n", "403"],
    ["CONNECT [::1]:443 HTTP/1.1\r\n\r\n", "403"],
    ["SSH-2.0-OpenSSH\r\n", "400"],
    [get("http://example.com/", `X: ${"x".repeat(20_000)}\r\n`), "431"],
  ])("is refused where it is %j", async (text, status) => {
    const { socketPath } = await testProxy(onTestFinished, { domains: ["example.com"] });
    expect(await say(socketPath, text)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });
});

describe("a name", () => {
  test("that isn't listed is refused, said why, logged and noted once, up to a limit", async () => {
    const lines: unknown[] = [];
    const logger = { ...silentLogger, info: (...line: unknown[]) => void lines.push(line) };
    const limits = { maxRefusalsLogged: 2 };
    const proxy = await testProxy(onTestFinished, { domains: ["example.com"], logger, limits });
    const answer = await say(proxy.socketPath, get("http://www.example.com/"));
    expect(answer).toContain("Cannot reach www.example.com:80 is not among Network.Domains");
    for (const host of ["a.example", "a.example", "b.example"])
      await say(proxy.socketPath, tunnelTo(`${host}:443`));
    expect(proxy.refusals()).toEqual([
      "www.example.com:80 is not among Network.Domains",
      "a.example:443 is not among Network.Domains",
    ]);
    expect(lines).toHaveLength(2);
  });

  test("that has private addresses only is refused", async () => {
    const lookup = async () => [
      "10.0.0.1",
      "127.0.0.1",
      "::1",
      "::ffff:8.8.8.8",
      "169.254.169.254",
      "fd00::1",
    ];
    const proxy = await testProxy(onTestFinished, { domains: ["example.com"], lookup });
    for (const text of [get("http://example.com/"), tunnelTo("example.com:443")]) {
      expect(await say(proxy.socketPath, text)).toMatch(/^HTTP\/1.1 403 [^]* has no public address/);
    }
    expect(proxy.refusals()).toHaveLength(2);
  });

  test("is resolved once, and what was found is dialled, private addresses only where the operator says so", async () => {
    const port = await serveLocally(onTestFinished, (_request, answer) => answer.end("inside"));
    const lookup = vi.fn<(host: string) => Promise<string[]>>(async () => ["127.0.0.1"]);
    const options = { domains: ["in.example"], allowHosts: [`in.example:${port}`], lookup };
    const { socketPath } = await testProxy(onTestFinished, options);
    expect(await say(socketPath, get(`http://in.example:${port}/`))).toContain("inside");
    expect(lookup.mock.calls).toEqual([["in.example"]]);
  });

  test("that can't be resolved, or not in time, is an error of its own", async () => {
    const stuck = Promise.withResolvers<string[]>();
    const lookup = async (host: string) => {
      if (host === "stuck.example") return stuck.promise;
      throw new Error("ENOTFOUND");
    };
    const limits = { connectTimeoutMs: 100, maxLookups: 2 };
    const { socketPath } = await testProxy(onTestFinished, { domains: [".example"], lookup, limits });
    expect(await say(socketPath, get("http://none.example/"))).toMatch(/^HTTP\/1.1 502 [^]* has no address/);
    const stuckOnes = [1, 2, 3].map(() => say(socketPath, get("http://stuck.example/")));
    expect(await say(socketPath, get("http://none.example/"))).toMatch(/^HTTP\/1.1 502 /);
    for (const answer of await Promise.all(stuckOnes)) expect(answer).toMatch(/^HTTP\/1.1 504 /);
    stuck.resolve([]);
  });
});

describe("a tunnel", () => {
  test("carries both ways, and each way's end", async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      let length = 0;
      socket.on("data", (chunk) => {
        length += chunk.length;
      });
      socket.once("end", () => socket.end(`took ${length}`));
    });
    const port = await listenLocally(onTestFinished, server);
    const { socketPath } = await testProxy(onTestFinished, local(port));
    const client = connect({ path: socketPath, allowHalfOpen: true });
    client.write(tunnelTo(`127.0.0.1:${port}`));
    client.end(Buffer.alloc(5_000_000));
    let answer = "";
    for await (const chunk of client) answer += (chunk as Buffer).toString();
    expect(answer).toBe("HTTP/1.1 200 Connection established\r\n\r\ntook 5000000");
  });

  test("takes no more from a client than its server takes", async () => {
    const server = createServer((socket) => void socket.pause());
    const port = await listenLocally(onTestFinished, server);
    const { socketPath } = await testProxy(onTestFinished, {
      ...local(port),
      limits: { idleTimeoutMs: 1000 },
    });
    const client = connect(socketPath)
      .on("error", () => {})
      .resume();
    const ended = closed(client);
    client.write(tunnelTo(`127.0.0.1:${port}`));
    const part = Buffer.alloc(1024 * 1024);
    const all = 256;
    let taken = 0;
    const write = (): void => {
      for (let more = true; more && taken < all; ) more = client.write(part, () => void taken++);
    };
    client.on("drain", write);
    write();
    await ended;
    expect(taken).toBeLessThan(64);
  });
});

describe("the proxy", () => {
  test("ends clients that say nothing, drip, or are too many", async () => {
    const limits = { headerTimeoutMs: 200, maxConnections: 10 };
    const { socketPath } = await testProxy(onTestFinished, { domains: ["example.com"], limits });
    const open = (): Socket =>
      connect(socketPath)
        .on("error", () => {})
        .resume();
    const silent = Array.from({ length: 1000 }, open);
    const drips = setInterval(() => silent.forEach((client) => client.write("G")), 50);
    await Promise.all(silent.map(closed));
    clearInterval(drips);
    expect(await say(socketPath, get("http://other.example/"))).toMatch(/^HTTP\/1.1 403 /);
  });

  test("ends a tunnel through which nothing passes, and everything when it is closed", async () => {
    const server = createServer();
    const port = await listenLocally(onTestFinished, server);
    const idle = await testProxy(onTestFinished, { ...local(port), limits: { idleTimeoutMs: 100 } });
    expect(await say(idle.socketPath, tunnelTo(`127.0.0.1:${port}`))).toContain("200 Connection established");
    const proxy = await testProxy(onTestFinished, local(port));
    const answer = say(proxy.socketPath, tunnelTo(`127.0.0.1:${port}`));
    const [upstream] = (await once(server, "connection")) as [Socket];
    const ended = once(upstream.on("error", () => {}).resume(), "close");
    await proxy.close();
    await ended;
    await answer;
    await proxy.close();
    await expect(say(proxy.socketPath, "x")).resolves.toBe("");
  });

  test("opens where one crashed, in a long path, and follows no link that is planted there", async () => {
    const { folder } = await testProxy(onTestFinished);
    const deep = join(folder, "a".repeat(100), "b".repeat(100));
    const socketPath = join(deep, "proxy.sock");
    const victim = join(folder, "victim");
    writeFileSync(victim, "kept");
    chmodSync(victim, 0o600);
    mkdirSync(deep, { recursive: true });
    symlinkSync(victim, socketPath);
    const proxy = await openEgressProxy({ socketPath, domains: [], logger: silentLogger });
    expect(readFileSync(victim, "utf8")).toBe("kept");
    expect(statSync(victim).mode & 0o777).toBe(0o600);
    expect(statSync(socketPath).isSocket()).toBe(true);
    expect(statSync(socketPath).mode & 0o777).toBe(0o666);
    const second = await openEgressProxy({ socketPath, domains: [], logger: silentLogger });
    expect(statSync(socketPath).isSocket()).toBe(true);
    await Promise.all([proxy.close(), second.close()]);
  });
});
