import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@gadus/protocol";
import { EGRESS_SOCKET_NAME } from "./egress-sidecar.ts";
import { type EgressProxy, type EgressProxyOptions, openEgressProxy } from "./egress-proxy.ts";

/** A proxy in a folder of its own; both go when the test is over. */
export async function testProxy(
  onTestFinished: (end: () => Promise<void>) => void,
  options: Partial<EgressProxyOptions> = {},
): Promise<EgressProxy & { readonly socketPath: string; readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "gadus-egress-"));
  const socketPath = join(folder, EGRESS_SOCKET_NAME);
  const proxy = await openEgressProxy({ socketPath, domains: [], logger: silentLogger, ...options });
  onTestFinished(async () => {
    await proxy.close();
    await rm(folder, { recursive: true });
  });
  return { ...proxy, socketPath, folder };
}

/** The port on which `server` listens until the test is over. */
export async function listenLocally(
  onTestFinished: (end: () => Promise<void>) => void,
  server: Server,
  address = "127.0.0.1",
): Promise<number> {
  server.listen(0, address);
  await once(server, "listening");
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => sockets.add(socket));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** The port of an HTTP server at 127.0.0.1. */
export function serveLocally(
  onTestFinished: (end: () => Promise<void>) => void,
  answer: RequestListener,
): Promise<number> {
  return listenLocally(onTestFinished, createServer(answer));
}

/** All that comes back when `text` is sent to a Unix socket. */
export async function say(socketPath: string, text: string): Promise<string> {
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  socket.write(text, "latin1");
  let answer = "";
  socket.on("data", (bytes) => {
    answer += bytes.toString("latin1");
  });
  socket.on("error", () => {});
  await new Promise<void>((resolve) => socket.once("end", resolve).once("close", () => resolve()));
  socket.destroy();
  return answer;
}
