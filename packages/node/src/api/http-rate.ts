import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Caller } from "./api-auth.ts";
import { NodeError } from "../node-error.ts";

const WINDOW_MS = 1000;
/** Clients that are counted at one time; of more, those unseen for longest are forgotten. */
const MAX_CLIENTS = 10_000;

/**
 * Counts a request of `caller`, or of one that can't be told or was refused.
 *
 * @throws {NodeError} `node/overloaded` where that client has sent too many
 */
export type CountRequest = (request: FastifyRequest, caller?: Caller) => Promise<void>;

/** Takes `maxPerSecond` requests of one client: of a key, of a registered client's tokens, or of an address. */
export function limitRate(app: FastifyInstance, maxPerSecond: number): CountRequest {
  if (maxPerSecond === 0) return async () => {};
  app.register(rateLimit, { global: false, cache: MAX_CLIENTS });
  const clients = new WeakMap<FastifyRequest, string>();
  let check: ReturnType<FastifyInstance["createRateLimit"]> | undefined;
  return async (request, caller) => {
    clients.set(request, clientOf(request, caller));
    // What was added to the app by a plugin is there once the app is ready, and so before any request.
    check ??= app.createRateLimit({
      max: maxPerSecond,
      timeWindow: WINDOW_MS,
      keyGenerator: (asked) => clients.get(asked) ?? "",
    });
    const result = await check(request);
    if (result.isAllowed || !result.isExceeded) return;
    throw new NodeError(
      "node/overloaded",
      `Cannot take the request: more than ${maxPerSecond} a second came from this client`,
      { hint: "Try again later, or raise api.maxRequestRate on the node." },
    );
  };
}

/** Anybody can make keys that nobody registered, as many as they like. */
function clientOf(request: FastifyRequest, caller: Caller | undefined): string {
  if (caller?.kind === "key") return `key ${caller.id}`;
  if (caller?.kind === "client" && caller.registered) return `client ${caller.name}`;
  return `address ${request.ip}`;
}
