import type { FastifyReply, FastifyRequest } from "fastify";
import { errorAnswer } from "./http-error.ts";
import { NodeError } from "../node-error.ts";

/** Characters of a part of a path. */
export const MAX_PARAMETER_LENGTH = 1024;

/** Answers a request whose path comes to no route, with the envelope of all errors. */
export function answerUnreadablePath(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const { status, body } = errorAnswer(unreadablePath(error), request.id);
  void reply.header("x-request-id", request.id).code(status).send(body);
}

/** Lets the client send what is left, so that it comes to read the answer; its time to do so is limited as ever. */
export function readOn(request: FastifyRequest, reply: FastifyReply): void {
  reply.removeHeader("connection");
  request.raw.resume();
}

function unreadablePath(cause: Error): NodeError {
  const { code } = cause as { readonly code?: string };
  const isLong = code === "FST_ERR_MAX_PARAM_LENGTH";
  const state = isLong
    ? `a part of it is longer than ${MAX_PARAMETER_LENGTH} characters`
    : "it is not percent-encoded UTF-8";
  return new NodeError(
    isLong ? "node/url-too-long" : "node/invalid-request",
    `Cannot read the path: ${state}`,
    { cause, hint: "Write each part of it as RFC 3986 has it." },
  );
}
