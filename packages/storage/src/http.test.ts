import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeStorageSource, patternBytes } from "./conformance.ts";
import { createHttpClient, createHttpSource, createUrlReader, type HttpClientOptions } from "./http.ts";
import { redirect } from "./http-client.ts";
import { isPublicAddress } from "./public-address.ts";
import { type Answerer, serveFile, startHttpServer, type TestHttpServer } from "./test-http-server.ts";

const ETAG = '"v1"';
const MIB = 1024 * 1024;

const specOf = (url: string, sizeBytes: number, etag = ETAG) => ({
  type: "http",
  params: { url, sizeBytes, etag },
});

describeStorageSource("http", { folders: false, seesMissing: true }, async () => {
  const server = await startHttpServer(serveFile(patternBytes(70_000), ETAG));
  const client = createHttpClient({ publicHosts: false, allowHosts: ["127.0.0.1"] });
  return {
    source: createHttpSource(client),
    file: specOf(`${server.origin}/data`, 70_000),
    fileBytes: 70_000,
    missing: specOf("http://localhost/data", 70_000),
    close: async () => {
      client.close();
      await server.close();
    },
  };
});

async function serve(
  answer: Answerer,
  options: Partial<HttpClientOptions> = {},
): Promise<{
  readonly server: TestHttpServer;
  readonly client: ReturnType<typeof createHttpClient>;
  readonly url: string;
}> {
  const server = await startHttpServer(answer);
  const client = createHttpClient({ publicHosts: false, allowHosts: ["127.0.0.1"], ...options });
  onTestFinished(async () => {
    client.close();
    await server.close();
  });
  return { server, client, url: `${server.origin}/data` };
}

describe("http source", () => {
  test("asks for the ranges that are read and no others, over connections that it keeps", async () => {
    const { server, client, url } = await serve(serveFile(patternBytes(5 * MIB), ETAG));
    const volume = await createHttpSource(client).open(specOf(url, 5 * MIB));
    await volume.read("", 3 * MIB, 1000);
    await volume.read("", 5 * MIB - 10, 1000);
    expect(server.asked).toEqual([
      "GET /data bytes=0-0",
      `GET /data bytes=${3 * MIB}-${3 * MIB + 999}`,
      `GET /data bytes=${5 * MIB - 10}-${5 * MIB - 1}`,
    ]);
    expect(server.connections()).toBe(1);
  });

  test.each<[string, Answerer]>([
    ["another version", serveFile(patternBytes(1000), '"v2"')],
    ["another length", serveFile(patternBytes(1001), ETAG)],
    [
      "another version in spite of the condition",
      (request, response) => {
        delete request.headers["if-match"];
        serveFile(patternBytes(1000), '"v2"')(request, response);
      },
    ],
    ["no version", (_, response) => response.writeHead(206, { "content-range": "bytes 0-0/1000" }).end("x")],
  ])("%s on the server is told as a change, and blames nobody", async (_, answer) => {
    const { client, url } = await serve(answer);
    const opened = createHttpSource(client).open(specOf(url, 1000));
    await expect(opened).rejects.toMatchObject({ code: "storage/changed", blame: "nobody" });
  });

  test.each<[string, RegExp, Answerer]>([
    [
      "the whole instead of a range",
      /doesn't answer with the range/,
      (_, response) => response.writeHead(200, { etag: ETAG }).end(patternBytes(1000)),
    ],
    [
      "another range",
      /it sent bytes 1-1\/1000/,
      (_, response) => response.writeHead(206, { etag: ETAG, "content-range": "bytes 1-1/1000" }).end("x"),
    ],
    [
      "more than the range",
      /more than it was asked for/,
      (_, response) => response.writeHead(206, { etag: ETAG, "content-range": "bytes 0-0/1000" }).end("xyz"),
    ],
    [
      "a compressed range",
      /gzip/,
      (_, response) =>
        response
          .writeHead(206, { etag: ETAG, "content-range": "bytes 0-0/1000", "content-encoding": "gzip" })
          .end(gzipSync("x")),
    ],
    ["no permission", /answered 403/, (_, response) => response.writeHead(403).end()],
  ])("%s is refused", async (_, message, answer) => {
    const { server, client, url } = await serve(answer);
    const opened = createHttpSource(client).open(specOf(url, 1000));
    await expect(opened).rejects.toMatchObject({
      code: "storage/not-readable",
      blame: "nobody",
      message: expect.stringMatching(message) as unknown,
    });
    expect(server.asked).toHaveLength(1);
  });

  test("a body without an end isn't read to its end", async () => {
    let sent = 0;
    const { client, url } = await serve((_, response) => {
      response.writeHead(206, { etag: ETAG, "content-range": `bytes 0-0/${MIB}` });
      const more = (): void => {
        while (!response.destroyed && sent < 1000 * MIB) {
          sent += 65_536;
          if (!response.write(new Uint8Array(65_536))) break;
        }
      };
      response.on("drain", more);
      more();
    });
    const opened = createHttpSource(client).open(specOf(url, MIB));
    await expect(opened).rejects.toMatchObject({ code: "storage/not-readable" });
    expect(sent).toBeLessThan(100 * MIB);
  });

  test("a range that breaks off is asked for again from where it broke", async () => {
    const content = patternBytes(3 * MIB);
    let breaks = 2;
    const { server, client, url } = await serve((request, response) => {
      if (request.headers.range === "bytes=0-0" || breaks === 0) {
        serveFile(content, ETAG)(request, response);
        return;
      }
      breaks -= 1;
      const start = Number(/=(\d+)-/.exec(request.headers.range ?? "")?.[1]);
      response.writeHead(206, {
        etag: ETAG,
        "content-range": `bytes ${start}-${2 * MIB - 1}/${content.length}`,
        "content-length": 2 * MIB - start,
      });
      response.write(content.subarray(start, start + 500_000), () => response.destroy());
    });
    const volume = await createHttpSource(client).open(specOf(url, content.length));
    const read = await volume.read("", 0, 2 * MIB);
    expect(Buffer.from(read).equals(content.subarray(0, 2 * MIB))).toBe(true);
    expect(server.asked.slice(1)).toEqual([
      `GET /data bytes=0-${2 * MIB - 1}`,
      `GET /data bytes=500000-${2 * MIB - 1}`,
      `GET /data bytes=1000000-${2 * MIB - 1}`,
    ]);
  });

  test.each<[string, Answerer]>([
    ["breaks off each time", (_, response) => response.destroy()],
    ["is overloaded each time", (_, response) => response.writeHead(503).end()],
    [
      "sends too little each time",
      (_, response) => response.writeHead(206, { etag: ETAG, "content-range": "bytes 0-999/1000" }).end(),
    ],
    ["says nothing", () => {}],
    [
      "brings a byte and breaks off",
      (request, response) => {
        const [, start = ""] = /=(\d+)-/.exec(request.headers.range ?? "") ?? [];
        const head = { etag: ETAG, "content-range": `bytes ${start}-999/1000`, "content-length": 1000 };
        response.writeHead(206, head);
        response.write("x", () => response.destroy());
      },
    ],
  ])("a server that %s is an error after three tries, and blames nobody", async (_, answer) => {
    let isOpen = false;
    const { server, client, url } = await serve(
      (request, response) => {
        if (isOpen) answer(request, response);
        else serveFile(patternBytes(1000), ETAG)(request, response);
      },
      { idleTimeoutMs: 50 },
    );
    const volume = await createHttpSource(client).open(specOf(url, 1000));
    isOpen = true;
    const read = volume.read("", 0, 1000);
    await expect(read).rejects.toMatchObject({ code: "storage/unreachable", blame: "nobody" });
    expect(server.asked).toHaveLength(4);
  });

  test("a read ends with the signal's reason, in the middle of a body too", async () => {
    const stuck = Promise.withResolvers<void>();
    const { client, url } = await serve((request, response) => {
      if (request.headers.range === "bytes=0-0") serveFile(patternBytes(MIB), ETAG)(request, response);
      else {
        response.writeHead(206, { etag: ETAG, "content-range": `bytes 0-${MIB - 1}/${MIB}` });
        response.write("only this", () => stuck.resolve());
      }
    });
    const volume = await createHttpSource(client).open(specOf(url, MIB));
    const controller = new AbortController();
    const read = volume.read("", 0, MIB, { signal: controller.signal });
    await stuck.promise;
    const reason = new Error("no longer wanted");
    controller.abort(reason);
    await expect(read).rejects.toBe(reason);
  });

  test("redirections are followed, and not asked for again while they lead to the same", async () => {
    const content = patternBytes(1000);
    let isMoved = true;
    const { server, client, url } = await serve((request, response) => {
      if (request.url === "/data") response.writeHead(302, { location: isMoved ? "/far/1" : "/far/2" }).end();
      else if (request.url === "/far/1" && !isMoved) response.writeHead(403).end();
      else serveFile(content, ETAG)(request, response);
    });
    const volume = await createHttpSource(client).open(specOf(url, 1000));
    await volume.read("", 0, 10);
    isMoved = false;
    expect(Buffer.from(await volume.read("", 10, 10)).equals(content.subarray(10, 20))).toBe(true);
    expect(server.asked.map((asked) => asked.split(" ")[1])).toEqual([
      "/data",
      "/far/1",
      "/far/1",
      "/far/1",
      "/data",
      "/far/2",
    ]);
  });

  test("redirections that lead nowhere, or where the node may not go, are refused", async () => {
    let location = "/data";
    const { server, client, url } = await serve((_, response) => response.writeHead(302, { location }).end());
    const open = (): Promise<unknown> => createHttpSource(client).open(specOf(url, 1000));
    await expect(open()).rejects.toMatchObject({ code: "storage/not-readable" });
    expect(server.asked).toHaveLength(6);
    const port = new URL(url).port;
    for (location of [`http://localhost:${port}/`, "http://169.254.169.254/latest/", "http://[::1]/"]) {
      await expect(open()).rejects.toMatchObject({ code: "storage/not-allowed" });
    }
    for (location of ["file:///etc/passwd", "ftp://127.0.0.1/", `http://user:secret@127.0.0.1:${port}/`]) {
      await expect(open()).rejects.toMatchObject({ code: "storage/invalid-source" });
    }
  });

  test("a redirection never leads from https to http", () => {
    const policy = { publicHosts: true };
    const from = new URL("https://example.org/a");
    expect(redirect(from, "/b", policy).href).toBe("https://example.org/b");
    expect(() => redirect(from, "http://example.org/a", policy)).toThrow("it leads on to");
    expect(() => redirect(from, "http://", policy)).toThrow("it leads on to");
  });

  test("check() asks nobody, and names what is wrong", async () => {
    const { server, client, url } = await serve(serveFile(patternBytes(10), ETAG));
    const source = createHttpSource(client);
    expect(await source.check(specOf(url, 10))).toEqual({ available: true, sizeBytes: 10 });
    for (const spec of [specOf(url, -1), specOf(url, 10, 'W/"v1"'), specOf(url, 10, "v1"), specOf("x", 10)]) {
      expect(await source.check(spec)).toMatchObject({ available: false });
    }
    expect(server.asked).toEqual([]);
  });
});

describe("what may be fetched", () => {
  test("only public hosts where nothing else is listed, whatever their address is written like", async () => {
    const { server, client, url } = await serve(serveFile(patternBytes(10), ETAG), {
      publicHosts: true,
      allowHosts: [],
    });
    const { port } = new URL(url);
    const source = createHttpSource(client);
    for (const host of [
      "127.0.0.1",
      "localhost",
      "2130706433",
      "0x7f.1",
      "0",
      "[::1]",
      "[::ffff:127.0.0.1]",
    ]) {
      const opened = source.open(specOf(`http://${host}:${port}/data`, 10));
      await expect(opened).rejects.toMatchObject({ code: "storage/not-allowed" });
    }
    expect(server.asked).toEqual([]);
  });

  test("only listed hosts where public ones aren't allowed, with any port or with one", async () => {
    const { client, url } = await serve(serveFile(patternBytes(10), ETAG));
    const { host } = new URL(url);
    const sourceOf = (allowHosts: string[]) =>
      createHttpSource(createHttpClient({ publicHosts: false, allowHosts }));
    const spec = specOf(url, 10);
    expect(await sourceOf(["127.0.0.1"]).check(spec)).toMatchObject({ available: true });
    expect(await sourceOf([host]).check(spec)).toMatchObject({ available: true });
    expect(await sourceOf(["127.0.0.1:1", "example.org"]).check(spec)).toMatchObject({ available: false });
    expect(await sourceOf(["EXAMPLE.org:443"]).check(specOf("https://example.org/x", 1))).toMatchObject({
      available: true,
    });
    expect(await createHttpSource(client).check(specOf("https://example.org/x", 1))).toMatchObject({
      available: false,
    });
  });

  test.each([
    ["8.8.8.8", true],
    ["1.1.1.1", true],
    ["172.15.255.255", true],
    ["172.32.0.0", true],
    ["2606:4700:4700::1111", true],
    ["0.0.0.0", false],
    ["10.1.2.3", false],
    ["100.64.0.1", false],
    ["127.255.255.254", false],
    ["169.254.169.254", false],
    ["168.63.129.16", false],
    ["172.16.0.1", false],
    ["172.31.255.255", false],
    ["192.168.1.1", false],
    ["192.0.2.1", false],
    ["198.18.0.1", false],
    ["224.0.0.1", false],
    ["255.255.255.255", false],
    ["::", false],
    ["::1", false],
    ["::ffff:8.8.8.8", false],
    ["::ffff:127.0.0.1", false],
    ["64:ff9b::7f00:1", false],
    ["2002:7f00:1::", false],
    ["2001::1", false],
    ["fc00::1", false],
    ["fe80::1", false],
    ["fe80::1%eth0", false],
    ["ff02::1", false],
    ["example.org", false],
  ])("isPublicAddress() of %s is %s", (address, expected) => {
    expect(isPublicAddress(address)).toBe(expected);
  });
});

describe("url reader", () => {
  const collect = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> => {
    const all: Uint8Array[] = [];
    for await (const chunk of chunks) all.push(chunk);
    return Buffer.concat(all);
  };

  test("gives what is there, with its length, its strong ETag and its SHA-256", async () => {
    const content = patternBytes(300_000);
    const { client, url } = await serve(serveFile(content, ETAG));
    const opened = await createUrlReader(client).open(url);
    expect(opened).toMatchObject({ sizeBytes: 300_000, etag: ETAG });
    expect((await collect(opened.chunks())).equals(content)).toBe(true);
    expect(opened.sha256()).toBe(createHash("sha256").update(content).digest("hex"));
  });

  test("a weak ETag is none, and a body in chunks has no length", async () => {
    const { client, url } = await serve((_, response) => {
      response.writeHead(200, { etag: 'W/"v1"' });
      response.write("ab");
      response.end("cd");
    });
    const opened = await createUrlReader(client).open(url);
    expect(opened).toMatchObject({ sizeBytes: undefined, etag: undefined });
    expect((await collect(opened.chunks())).toString()).toBe("abcd");
  });

  test("goes on where the server broke off, if it has the same version still", async () => {
    const content = patternBytes(MIB);
    let broken = false;
    const { server, client, url } = await serve((request, response) => {
      if (broken) {
        serveFile(content, ETAG)(request, response);
        return;
      }
      broken = true;
      response.writeHead(200, { etag: ETAG, "content-length": content.length });
      response.write(content.subarray(0, 400_000), () => response.destroy());
    });
    const opened = await createUrlReader(client).open(url);
    expect((await collect(opened.chunks())).equals(content)).toBe(true);
    expect(server.asked).toEqual(["GET /data", `GET /data bytes=400000-${MIB - 1}`]);
  });

  test.each<[string, Answerer]>([
    [
      "a length",
      (_, response) => {
        response.writeHead(200, { "content-length": 1000 });
        response.write("too little", () => response.destroy());
      },
    ],
    [
      "chunks",
      (_, response) => {
        response.writeHead(200);
        response.write("too little", () => response.destroy());
      },
    ],
  ])("a body with %s that breaks off is an error where it can't go on", async (_, answer) => {
    const { client, url } = await serve(answer);
    const opened = await createUrlReader(client).open(url);
    await expect(collect(opened.chunks())).rejects.toMatchObject({ code: "storage/unreachable" });
  });

  test("a server that is busy is asked three times", async () => {
    let asked = 0;
    const { client, url } = await serve((request, response) => {
      asked += 1;
      if (asked < 3) response.writeHead(503).end();
      else serveFile(patternBytes(10), ETAG)(request, response);
    });
    expect((await createUrlReader(client).open(url)).sizeBytes).toBe(10);
  });

  test.each<[string, string, Answerer]>([
    ["storage/not-found", "nothing is there", (_, response) => response.writeHead(404).end()],
    [
      "storage/not-readable",
      "it is compressed",
      (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("x")),
    ],
    [
      "storage/not-readable",
      "nothing tells where it ends",
      (_, response) => {
        response.shouldKeepAlive = false;
        response.removeHeader("transfer-encoding");
        response.useChunkedEncodingByDefault = false;
        response.writeHead(200);
        response.end("abc");
      },
    ],
  ])("is refused with %s where %s", async (code, _, answer) => {
    const { client, url } = await serve(answer);
    await expect(createUrlReader(client).open(url)).rejects.toMatchObject({ code });
  });

  test("a server that stops in the middle is given up after a while", async () => {
    const { client, url } = await serve(
      (_, response) => {
        response.writeHead(200);
        response.write("and then nothing");
      },
      { idleTimeoutMs: 50 },
    );
    const opened = await createUrlReader(client).open(url);
    await expect(collect(opened.chunks())).rejects.toMatchObject({
      code: "storage/unreachable",
      message: expect.stringMatching(/sent (nothing|16 bytes) in 50 ms/) as unknown,
    });
  });

  test("a server that sends a byte now and then is given up as one that sends nothing", async () => {
    const { client, url } = await serve(
      (_, response) => {
        response.writeHead(200);
        const drip = (): void => {
          if (response.destroyed) return;
          response.write("x", () => setTimeout(drip, 1));
        };
        drip();
      },
      { idleTimeoutMs: 50 },
    );
    const opened = await createUrlReader(client).open(url);
    await expect(collect(opened.chunks())).rejects.toMatchObject({
      code: "storage/unreachable",
      message: expect.stringMatching(/sent (nothing|\d+ bytes) in 50 ms/) as unknown,
    });
  });
});
