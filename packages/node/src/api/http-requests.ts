import type { Socket } from "node:net";
import type { Logger, Metrics } from "@gadus/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type RequestScope, within } from "./request-scope.ts";

/** Where requests are told of. */
export interface RequestPorts {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Tells of a request that was answered outside of the framework, such as by a stream of another protocol. */
export type TellRequest = (request: FastifyRequest, status: number) => void;

/**
 * Gives every request an id, in its answer and in each line of the log that it brings about until it is answered; one
 * of them says what was asked and answered. Of what was asked, its route alone: paths and queries may hold secrets.
 */
export function trackRequests(app: FastifyInstance, { logger, metrics }: RequestPorts): TellRequest {
  const scopes = new WeakMap<FastifyRequest, RequestScope & { readonly beganMs: number }>();
  const sentBytes = new WeakMap<Socket, number>();
  const seconds = metrics.histogram(
    "gadus_node_http_request_seconds",
    "Time from a request's headers to the end of its answer",
    ["method", "route", "status"],
  );

  app.addHook("onRequest", (request, reply, done) => {
    const scope = { requestId: request.id, answered: false, beganMs: performance.now() };
    scopes.set(request, scope);
    reply.header("x-request-id", request.id);
    // Streams, and what a client broke off, end without the framework.
    reply.raw.once("close", () => tell(request, reply.raw.statusCode));
    within(scope, done);
  });
  // A body that was read since comes from the connection, which belongs to no request.
  app.addHook("preValidation", (request, _reply, done) => {
    const scope = scopes.get(request);
    if (scope === undefined) done();
    else within(scope, done);
  });

  /** Answers follow one another on a connection: what went over it since the last one is this one's, header and all. */
  function bytesOf({ raw: { socket } }: FastifyRequest): number {
    const before = sentBytes.get(socket) ?? 0;
    const now = socket.bytesWritten;
    sentBytes.set(socket, now);
    return now - before;
  }

  function tell(request: FastifyRequest, status: number): void {
    const scope = scopes.get(request);
    if (scope?.answered !== false) return;
    const elapsedMs = performance.now() - scope.beganMs;
    const { method, routeOptions } = request;
    const route = routeOptions.url ?? "unknown";
    seconds.observe(elapsedMs / 1000, { method, route, status: String(status) });
    const bytes = bytesOf(request);
    logger.debug("answered a request", {
      requestId: request.id,
      method,
      route,
      status,
      ms: Math.round(elapsedMs),
      bytes,
    });
    scope.answered = true;
  }

  app.addHook("onResponse", async (request, reply) => tell(request, reply.statusCode));
  return tell;
}
