import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { connect as connectTls } from "node:tls";
import { silentLogger } from "@gadus/protocol";
import { describe, expect, onTestFinished, test } from "vitest";
import { EGRESS_LIMITS } from "./egress-limits.ts";
import { EgressRefusals } from "./egress-refusals.ts";
import { createEgressRules } from "./egress-rules.ts";
import { createEgressServer } from "./egress-server.ts";
import { listenLocally } from "./test-egress.ts";

/** A tunnel to `good.example:443`, which is `server` in truth; `received` is what came out of it. */
async function tunnelTo(server: Server) {
  const port = await listenLocally(onTestFinished, server);
  const received: Buffer[] = [];
  server.on("connection", (socket) =>
    socket.on("data", (bytes) => received.push(bytes)).on("error", () => {}),
  );
  const rules = createEgressRules(["good.example", "*.good.example"], []);
  const refusals = new EgressRefusals(silentLogger, 10);
  const limits = { ...EGRESS_LIMITS, headerTimeoutMs: 300 };
  const dial = async () => connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const proxy = createEgressServer({ rules, refusals, limits, dial });
  const proxyPort = await listenLocally(onTestFinished, proxy.server);
  const client = connect(proxyPort, "127.0.0.1").on("error", () => {});
  client.write("CONNECT good.example:443 HTTP/1.1\r\n\r\n");
  expect(String(await once(client, "data"))).toContain("200 Connection established");
  return { client, received, refusals };
}

describe("a tunnel to port 443", () => {
  test.each(["good.example", "a.GOOD.example", ""])("carries TLS for %j", async (servername) => {
    const server = createServer((socket) =>
      socket.once("data", () => socket.end("not TLS, but from the server")),
    );
    const { client, received, refusals } = await tunnelTo(server);
    const tls = connectTls({ socket: client, servername });
    // What isn't TLS came from the server: the ClientHello got there.
    await expect(once(tls, "secureConnect")).rejects.toThrow(/wrong version number|packet length/);
    expect(Buffer.concat(received)[0]).toBe(22);
    expect(refusals.list).toEqual([]);
  });

  test("ends where TLS is for a name that isn't listed, and says so in the job's notes", async () => {
    const { client, received, refusals } = await tunnelTo(createServer());
    const tls = connectTls({ socket: client, servername: "evil.example" });
    await expect(once(tls, "secureConnect")).rejects.toThrow(/disconnected|ECONNRESET/);
    expect(received).toEqual([]);
    expect(refusals.list).toEqual([
      "evil.example:443 is not among Network.Domains; TLS to good.example named it",
    ]);
  });

  test("ends where something else than TLS is sent, or nothing", async () => {
    const other = await tunnelTo(createServer());
    other.client.resume().write("SSH-2.0-OpenSSH\r\n");
    await new Promise((resolve) => other.client.once("close", resolve));
    expect(other.received).toEqual([]);
    expect(other.refusals.list).toEqual([
      "good.example:443 is on a port for TLS, and something else was sent",
    ]);
    const silent = await tunnelTo(createServer());
    await new Promise((resolve) => silent.client.resume().once("close", resolve));
    expect(silent.received).toEqual([]);
  });
});
