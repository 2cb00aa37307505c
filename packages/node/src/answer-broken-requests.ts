import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { newId, type Randomness } from "@gadus/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { errorAnswer } from "./http-error.ts";
import { NodeError } from "./node-error.ts";

/** Answers, with the envelope of all errors, what is no HTTP and so comes to no route. */
export function answerBrokenRequests(
  randomness: Randomness,
): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === "ECONNRESET" || socket.destroyed) return;
    const id = newId("r", randomness);
    const { status, body } = errorAnswer(brokenRequest(error.code), id);
    const text = JSON.stringify(body);
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
      "content-type: application/json; charset=utf-8",
      `content-length: ${Buffer.byteLength(text)}`,
      `x-request-id: ${id}`,
      "connection: close",
    ];
    if (socket.writable) socket.write(`${head.join("\r\n")}\r\n\r\n${text}`);
    socket.destroy(error);
  };
}

/** Answers, with the envelope of all errors, what no router can read. */
export function answerBadUrl(_error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const message = "Cannot take the request: its URL is not valid, or a part of it is too long";
  const error = new NodeError("node/invalid-request", message, {
    hint: "Escape what is in it as RFC 3986 says.",
  });
  const { status, body } = errorAnswer(error, request.id);
  void reply.code(status).header("x-request-id", request.id).send(body);
}

function brokenRequest(code: string | undefined): NodeError {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new NodeError("node/too-slow", "Cannot take the request: its headers took too long");
  if (code === "HPE_HEADER_OVERFLOW")
    return new NodeError("node/headers-too-large", "Cannot take the request: its headers are too long", {
      hint: "Send shorter headers, and what is long in the body.",
    });
  return new NodeError("node/invalid-request", "Cannot take the request: it is not HTTP/1.1 (RFC 9112)");
}
