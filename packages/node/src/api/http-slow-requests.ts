import type { FastifyInstance, FastifyRequest } from "fastify";
import { tooSlow } from "./too-slow.ts";

/** Answers 408 to who takes longer than `timeoutMs` to send a request; uploads have a limit of their own. */
export function limitSlowRequests(app: FastifyInstance, timeoutMs: number): void {
  app.addHook("onRequest", async (request, reply) => {
    const { raw } = request;
    if (raw.complete || timeoutMs === 0 || isUpload(request) || isStream(request)) return;
    const timer = setTimeout(() => {
      if (raw.complete) return;
      if (reply.sent) raw.destroy(tooSlow(timeoutMs));
      else reply.header("connection", "close").send(tooSlow(timeoutMs));
    }, timeoutMs).unref();
    raw.once("close", () => clearTimeout(timer));
    raw.once("end", () => clearTimeout(timer));
  });
}

/** One that goes over to WebSocket is never complete. */
function isStream(request: FastifyRequest): boolean {
  return (request.routeOptions.config as { stream?: boolean }).stream === true;
}

function isUpload(request: FastifyRequest): boolean {
  return (request.routeOptions.config as { upload?: boolean }).upload === true;
}
