import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Callers } from "./http-access.ts";
import { NodeError } from "./node-error.ts";

const WINDOW_MS = 1000;
/** Clients that are counted at one time; of more, those unseen for longest are forgotten. */
const MAX_CLIENTS = 10_000;

/** Answers 429 to requests beyond `maxPerSecond` of one client: of a key, of a client's tokens, or of an address. */
export function limitRate(app: FastifyInstance, maxPerSecond: number, callers: Callers): void {
  if (maxPerSecond === 0) return;
  app.register(rateLimit, { global: false, cache: MAX_CLIENTS });
  let check: ReturnType<FastifyInstance["createRateLimit"]> | undefined;
  app.addHook("onRequest", async (request) => {
    // What was added to the app by a plugin is there once the app is ready, and so before any request.
    check ??= app.createRateLimit({
      max: maxPerSecond,
      timeWindow: WINDOW_MS,
      keyGenerator: (asked) => clientOf(asked, callers),
    });
    const result = await check(request);
    if (result.isAllowed || !result.isExceeded) return;
    throw new NodeError(
      "node/overloaded",
      `Cannot take the request: more than ${maxPerSecond} a second came from this client`,
      { hint: "Try again later, or raise api.maxRequestRate on the node." },
    );
  });
}

function clientOf(request: FastifyRequest, callers: Callers): string {
  const caller = request.is404 ? undefined : callers.of(request);
  if (caller === undefined || caller.kind === "anonymous") return `address ${request.ip}`;
  return caller.kind === "key" ? `key ${caller.id}` : `client ${caller.name}`;
}
