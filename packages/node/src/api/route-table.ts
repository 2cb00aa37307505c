import type { FastifyInstance, FastifyRequest } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether it goes over to WebSocket. */
    readonly stream?: boolean;
    /** Whether its body is read as it comes. */
    readonly upload?: boolean;
  }
}

/** Which methods a path has. */
export interface RouteTable {
  /** Every route, as method and pattern. */
  all(): readonly { readonly method: string; readonly url: string }[];
  /** The methods of what is at `request`'s path; none where there is no such path. */
  methodsAt(request: FastifyRequest): readonly string[];
  /** Whether a route answers `request`: a path that a route has as it is (`/auth/self`) is never a `/auth/:method`. */
  answers(request: FastifyRequest): boolean;
}

interface Route {
  readonly url: string;
  readonly pattern: RegExp;
  readonly methods: readonly string[];
}

/** Notes every route that is added to `app` from now on. */
export function routeTable(app: FastifyInstance): RouteTable {
  const routes: Route[] = [];
  const fixed = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const pattern = new RegExp(`^${url.replaceAll(/:[^/]+/g, "[^/]+")}$`);
    const methods = [method].flat();
    routes.push({ url, pattern, methods });
    if (!/[:*]/.test(url)) fixed.set(url, new Set([...(fixed.get(url) ?? []), ...methods]));
  });
  return {
    all: () => routes.flatMap(({ url, methods }) => methods.map((method) => ({ method, url }))),
    methodsAt: (request) => {
      const path = pathOf(request);
      const methods =
        fixed.get(path) ??
        routes.filter(({ pattern }) => pattern.test(path)).flatMap((route) => route.methods);
      return [...new Set(methods)];
    },
    answers: (request) => !request.is404 && (fixed.get(pathOf(request))?.has(request.method) ?? true),
  };
}

/** The path as the router matches it. */
function pathOf({ url }: FastifyRequest): string {
  const path = url.split("?")[0] ?? "";
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
