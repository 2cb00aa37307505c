import type { FastifyInstance } from "fastify";
import { isAllowed } from "./check-site.ts";
import type { RouteTable } from "./route-table.ts";

const ALLOWED_HEADERS = "Authorization, Content-Type, Last-Event-ID, Range";
const EXPOSED_HEADERS = "X-Request-ID, Retry-After, WWW-Authenticate";
const MAX_AGE_SECONDS = "600";

/**
 * Tells browsers that pages of `origins` may use the API (Fetch, "CORS protocol"), and answers `OPTIONS`, which
 * needs no right: it says what routes there are, and browsers send it without a key.
 */
export function answerOptions(
  app: FastifyInstance,
  { origins, routes }: { readonly origins: readonly string[]; readonly routes: RouteTable },
): void {
  app.addHook("onRequest", async (request, reply) => {
    const { origin } = request.headers;
    if (origins.length > 0) reply.header("vary", "Origin");
    if (origin !== undefined && isAllowed(origin, origins)) {
      reply.header("access-control-allow-origin", origin);
      reply.header("access-control-expose-headers", EXPOSED_HEADERS);
    }
    if (request.method !== "OPTIONS" || routes.answers(request)) return;
    const methods = routes.methodsAt(request);
    if (methods.length === 0) return;
    const allow = [...methods, "OPTIONS"].join(", ");
    if (reply.hasHeader("access-control-allow-origin")) {
      reply.header("access-control-allow-methods", allow);
      reply.header("access-control-allow-headers", ALLOWED_HEADERS);
      reply.header("access-control-max-age", MAX_AGE_SECONDS);
    }
    return reply.header("allow", allow).code(204).send();
  });
}
