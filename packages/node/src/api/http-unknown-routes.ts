import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { errorAnswer } from "./http-error.ts";
import { readOn } from "./http-refusals.ts";
import { NodeError } from "../node-error.ts";
import type { RouteTable } from "./route-table.ts";

/** Answers 405 with `Allow` to a method that a route hasn't got, and 404 where there is no route. */
export function answerUnknownRoutes(
  app: FastifyInstance,
  { routes, isRequester }: { readonly routes: RouteTable; readonly isRequester: boolean },
): void {
  const answer = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const allowed = routes.methodsAt(request);
    const error = allowed.length > 0 ? wrongMethod(request, allowed) : unknownRoute(request, isRequester);
    if (allowed.length > 0) reply.header("allow", allowed.join(", "));
    const { status, body } = errorAnswer(error, request.id);
    return reply.code(status).send(body);
  };
  app.setNotFoundHandler(answer);
  // What comes to no route is answered before its body, or the lack of one, is looked at.
  app.addHook("onRequest", async (request, reply) => {
    if (routes.answers(request)) return;
    readOn(request, reply);
    return answer(request, reply);
  });
}

function wrongMethod(request: FastifyRequest, allowed: readonly string[]): NodeError {
  const state = `${request.method} is not for this route`;
  return new NodeError(
    "node/method-not-allowed",
    `Cannot answer ${request.method} ${request.url}: ${state}`,
    {
      hint: `Use ${allowed.join(" or ")}.`,
    },
  );
}

function unknownRoute(request: FastifyRequest, isRequester: boolean): NodeError {
  const ofRequester = !isRequester && request.url.startsWith("/api/v1/orchestrator/");
  const state = ofRequester ? "this node is not a requester" : "there is no such route";
  return new NodeError("node/unknown-route", `Cannot answer ${request.method} ${request.url}: ${state}`, {
    hint: ofRequester
      ? "Ask a requester, or set requester.enabled on this node."
      : "GET /openapi.json lists the routes; /docs shows them.",
  });
}
