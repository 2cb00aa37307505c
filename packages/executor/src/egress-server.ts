import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import type { EgressContext } from "./egress-reach.ts";
import { answerRequest } from "./egress-request.ts";
import { openTunnel } from "./egress-tunnel.ts";

const CHECK_INTERVAL_MS = 1000;

/** A proxy that listens nowhere yet; `end` closes every connection to it, and those that it made. */
export function createEgressServer(context: EgressContext): { readonly server: Server; end(): void } {
  const server = createLimitedServer(context);
  const sockets = new Set<Socket>();
  let ended = false;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    if (ended) socket.destroy();
  };
  const kept: EgressContext = {
    ...context,
    async dial(target, signal) {
      const upstream = await context.dial(target, signal);
      keep(upstream);
      return upstream;
    },
  };
  const used = new WeakSet<Socket>();
  server.on("connection", keep);
  server.on("request", (request, answer) => {
    used.add(request.socket);
    answerRequest(kept, request, answer).catch(() => request.socket.destroy());
  });
  server.on("connect", (request, _client, head) => {
    if (used.has(request.socket)) request.socket.destroy();
    else openTunnel(kept, request, head).catch(() => request.socket.destroy());
  });
  return {
    server,
    end() {
      ended = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}

function createLimitedServer({ limits }: EgressContext): Server {
  const server = createServer({
    insecureHTTPParser: false,
    requireHostHeader: false,
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headerTimeoutMs,
    // An upload may take as long as the job: it is ended when nothing moves.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, limits.headerTimeoutMs),
  });
  server.timeout = limits.idleTimeoutMs;
  server.maxConnections = limits.maxConnections;
  // Of a head that is cut off at a number of fields, the length of the body could be in the other part.
  server.maxHeadersCount = 0;
  // What comes behind a request is never taken for another, and a connection leads to one server.
  server.maxRequestsPerSocket = 1;
  return server;
}
