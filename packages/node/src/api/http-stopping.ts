import type { Socket } from "node:net";
import { Server as TlsServer } from "node:tls";
import type { FastifyInstance } from "fastify";
import { NodeError } from "../node-error.ts";

/** How long requests that are under way have to be answered once the API stops; downloads are broken off then. */
const DRAIN_MS = 5_000;

/**
 * Has `app` stop so that nobody is cut off who can be answered: connections without a request are closed at once, those
 * with one after its answer, and all that is left after a while. Who asks for more meanwhile is told to ask elsewhere.
 */
export function stopGently(app: FastifyInstance): void {
  const connections = new Set<Socket>();
  const beforeKeys = new Map<string, Socket>();
  const busy = new Map<Socket, number>();
  let stopping = false;

  // Of a TLS connection the one below ends with it; until keys are agreed on there is nothing else.
  const isTls = app.server instanceof TlsServer;
  app.server.on(isTls ? "secureConnection" : "connection", (socket: Socket) => {
    beforeKeys.delete(endsOf(socket));
    keep(socket, connections);
  });
  if (isTls) app.server.on("connection", (socket: Socket) => keepByEnds(socket, beforeKeys));

  function over(socket: Socket): void {
    const left = (busy.get(socket) ?? 0) - 1;
    if (left > 0) {
      busy.set(socket, left);
      return;
    }
    busy.delete(socket);
    if (stopping) socket.destroySoon();
  }

  app.addHook("onRequest", async (request, reply) => {
    const { socket } = request.raw;
    busy.set(socket, (busy.get(socket) ?? 0) + 1);
    reply.raw.once("close", () => over(socket));
    if (!stopping) return;
    reply.header("connection", "close");
    throw new NodeError("node/stopped", "Cannot take the request: the node is stopping", {
      hint: "Ask again once it is back, or ask another requester.",
    });
  });
  app.addHook("onSend", async (_request, reply) => {
    if (stopping) reply.header("connection", "close");
  });
  app.addHook("preClose", async () => {
    stopping = true;
    const timer = setTimeout(() => {
      for (const socket of connections) socket.destroy();
    }, DRAIN_MS).unref();
    app.server.once("close", () => clearTimeout(timer));
    for (const socket of connections) if (!busy.has(socket)) socket.destroySoon();
    for (const socket of beforeKeys.values()) socket.destroy();
  });
}

/** What a connection and the one below it have in common, and no two others of a server at one time. */
function endsOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}

function keepByEnds(socket: Socket, connections: Map<string, Socket>): void {
  const ends = endsOf(socket);
  connections.set(ends, socket);
  socket.once("close", () => {
    if (connections.get(ends) === socket) connections.delete(ends);
  });
}

function keep(socket: Socket, connections: Set<Socket>): void {
  connections.add(socket);
  socket.once("close", () => connections.delete(socket));
}
