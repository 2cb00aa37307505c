import type { Logger } from "@gadus/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { allows, type Need, needOf, type Right } from "./api-access.ts";
import type { ApiAuth, Caller } from "./api-auth.ts";
import { isToken } from "./api-token.ts";
import type { CountRequest } from "./http-rate.ts";
import { NodeError } from "../node-error.ts";
import { checkSite, type Sites } from "./check-site.ts";
import { isForeignClient } from "./foreign-client.ts";
import { credentialsOf } from "./request-credentials.ts";
import type { RouteTable } from "./route-table.ts";
import { tooSlow } from "./too-slow.ts";

/** What of a refused request is still to come must be here by then. */
const REFUSED_BODY_MS = 15_000;
/** How often the sender of a request that still goes on, such as one that follows events, is looked at again. */
const LOOK_AGAIN_MS = 15_000;

/** What {@link limitAccess} works with. */
export interface AccessOptions {
  readonly auth: ApiAuth;
  readonly sites: Sites;
  readonly routes: RouteTable;
  readonly logger: Logger;
  /** Called for each request, admitted or refused, before it is. */
  readonly count: CountRequest;
}

/** Who sent which request. */
export interface Callers {
  /** @throws {TypeError} for a request whose sender was not looked at */
  of(request: FastifyRequest): Caller;
}

/** Lets `app` answer only requests whose sender may do what they ask, before anything of their bodies is kept. */
export function limitAccess(app: FastifyInstance, options: AccessOptions): Callers {
  const callers = new WeakMap<FastifyRequest, Caller>();
  const lasting = new Set<FastifyRequest>();
  const timer = setInterval(() => {
    for (const request of lasting) if (!mayGoOn(request, options.auth)) request.raw.socket.destroy();
  }, LOOK_AGAIN_MS).unref();
  app.addHook("onClose", async () => clearInterval(timer));

  app.addHook("onRequest", async (request, reply) => {
    // A connection that was to become a WebSocket and got an answer instead is nobody's any more.
    if (request.headers.upgrade !== undefined)
      reply.raw.once("finish", () => request.raw.socket.destroySoon());
    // A route that isn't there is told of as that; there is nothing to guard.
    if (!options.routes.answers(request)) return await options.count(request);
    try {
      const caller = await admitCounted(request, options);
      callers.set(request, caller);
      if (caller.kind === "anonymous") return;
      lasting.add(request);
      const forget = (): boolean => lasting.delete(request);
      reply.raw.once("close", forget);
      request.raw.socket.once("close", forget);
    } catch (error) {
      const { method, routeOptions } = request;
      options.logger.debug("a request was refused", {
        requestId: request.id,
        method,
        route: routeOptions.url,
        error,
      });
      limitRest(request);
      throw error;
    }
  });
  return {
    of: (request) => {
      const caller = callers.get(request);
      if (caller === undefined) throw new TypeError("Cannot tell who sent the request: nobody looked");
      return caller;
    },
  };
}

/** @throws {NodeError} as {@link admit} does, and `node/overloaded` */
async function admitCounted(request: FastifyRequest, options: AccessOptions): Promise<Caller> {
  let caller: Caller;
  try {
    caller = admit(request, options);
  } catch (error) {
    await options.count(request);
    throw error;
  }
  await options.count(request, caller);
  return caller;
}

/** @throws {NodeError} `node/unauthenticated`, `node/forbidden`, `node/foreign-site` */
function admit(request: FastifyRequest, { auth, sites }: AccessOptions): Caller {
  const need = needOfRequest(request);
  if (need === undefined) throw unlisted(request);
  if (need === "open") return { kind: "anonymous", right: auth.anonymous };
  const caller = callerOf(request, auth);
  // A browser sends nobody's key by itself: only those without one can be made to ask for what they don't want.
  if (caller.kind === "anonymous") checkSite(request.headers, sites);
  if (caller.right === undefined) throw unauthenticated(request, need);
  if (!allows(caller.right, need)) throw forbidden(request, need, caller);
  return caller;
}

/**
 * Bacalhau's command keeps its login token by the server's address, sends it ever after, and doesn't log in again where a
 * question is answered with 401: where those without a token may do everything, a stale one of its is as good as none.
 *
 * @throws {NodeError} `node/unauthenticated`
 */
function callerOf({ headers }: FastifyRequest, auth: ApiAuth): Caller {
  const credentials = credentialsOf(headers);
  try {
    return auth.identify(credentials);
  } catch (error) {
    const isLenient = auth.anonymous === "full" && isForeignClient(headers);
    if (isLenient && isBearerToken(credentials)) return { kind: "anonymous", right: auth.anonymous };
    throw error;
  }
}

/** Whether it is what a login gave, here or at a server of Bacalhau's (a JSON web token), and no API key. */
function isBearerToken(credentials = ""): boolean {
  const [, token = ""] = credentials.trim().split(/\s+/);
  return isToken(token) || /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
}

function needOfRequest({ method, routeOptions }: FastifyRequest): Need | undefined {
  return needOf(method, routeOptions.url ?? "");
}

/** Whether the sender of a request that was admitted still may. */
function mayGoOn(request: FastifyRequest, auth: ApiAuth): boolean {
  const need = needOfRequest(request);
  try {
    const { right } = callerOf(request, auth);
    return need !== undefined && (need === "open" || (right !== undefined && allows(right, need)));
  } catch {
    return false;
  }
}

/** The server reads on after a refusal, so that the client comes to read it, but not for ever. */
export function limitRest({ raw }: FastifyRequest): void {
  if (raw.complete) return;
  const timer = setTimeout(() => raw.destroy(tooSlow(REFUSED_BODY_MS)), REFUSED_BODY_MS).unref();
  raw.once("close", () => clearTimeout(timer));
}

function nameOf({ method, routeOptions }: FastifyRequest): string {
  return `${method} ${routeOptions.url}`;
}

function unlisted(request: FastifyRequest): NodeError {
  const state = "the route has no entry in the table of rights, so nobody may use it";
  return new NodeError("node/forbidden", `Cannot answer ${nameOf(request)}: ${state}`, {
    hint: "This is a fault of the node's: report it.",
  });
}

function unauthenticated(request: FastifyRequest, need: Right): NodeError {
  const state = `it takes the right "${need}", and nothing says who asks`;
  return new NodeError("node/unauthenticated", `Cannot answer ${nameOf(request)}: ${state}`, {
    hint: 'Send "Authorization: Bearer KEY" with an API key, or log in: "gadus auth login", or GET and POST /api/v1/auth.',
  });
}

function forbidden(request: FastifyRequest, need: Right, { kind, right }: Caller): NodeError {
  const whose = kind === "anonymous" ? "those without a key have" : `this ${kind} has`;
  const state = `it takes the right "${need}", and ${whose} "${right}"`;
  return new NodeError("node/forbidden", `Cannot answer ${nameOf(request)}: ${state}`, {
    hint: `Use an API key with the right "${need}": gadus auth keys create --right ${need}.`,
  });
}
