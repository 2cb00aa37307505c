import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { newId, type Randomness } from "@gadus/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { errorAnswer } from "./http-error.ts";
import { NodeError } from "./node-error.ts";

/** Options of a server whose every refusal has the envelope of errors, even of what comes to no route. */
export function refusalOptions(randomness: Randomness) {
  return {
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      const { status, body } = errorAnswer(unreadablePath(error), request.id);
      reply.header("x-request-id", request.id).code(status).send(body);
    },
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => {
      if (error.code === "ECONNRESET" || socket.destroyed) return;
      if (socket.writable) socket.write(rawAnswer(unreadable(error), newId("r", randomness)));
      socket.destroySoon();
    },
    return503OnClosing: false,
  };
}

/** Has `app` refuse, once it stops, what still comes on connections that are open. */
export function refuseOnceStopping(app: FastifyInstance): void {
  let isStopping = false;
  app.addHook("preClose", async () => {
    isStopping = true;
  });
  app.addHook("onRequest", async () => {
    if (!isStopping) return;
    throw new NodeError("node/stopped", "Cannot take the request: the node is stopping", {
      hint: "Ask again once it is back, or another node.",
    });
  });
}

/** Lets the client send what is left, so that it comes to read the answer; its time to do so is limited as ever. */
export function readOn(request: FastifyRequest, reply: FastifyReply): void {
  reply.removeHeader("connection");
  request.raw.resume();
}

function unreadablePath(cause: Error): NodeError {
  return new NodeError(
    "node/invalid-request",
    "Cannot read the path: a part of it is too long or not UTF-8",
    {
      cause,
      hint: "Write each part in at most 1024 characters, percent-encoded (RFC 3986).",
    },
  );
}

function unreadable(cause: NodeJS.ErrnoException): NodeError {
  if (cause.code === "HPE_HEADER_OVERFLOW") {
    const message = "Cannot read the request: its first line and headers are too long";
    return new NodeError("node/headers-too-large", message, { cause });
  }
  if (cause.code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new NodeError("node/too-slow", "Cannot read the request: it did not come in time", { cause });
  return new NodeError("node/invalid-request", "Cannot read the request: it is not HTTP/1.1", { cause });
}

/** An answer where no request is there to answer. */
function rawAnswer(error: NodeError, requestId: string): string {
  const { status, body } = errorAnswer(error, requestId);
  const text = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(text)}`,
    `X-Request-ID: ${requestId}`,
    "Connection: close",
  ];
  return `${lines.join("\r\n")}\r\n\r\n${text}`;
}
