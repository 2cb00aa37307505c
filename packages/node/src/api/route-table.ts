import type { FastifyInstance } from "fastify";

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
  /** The methods of the routes that match `path`; none where there is no such path. */
  methodsOf(path: string): readonly string[];
}

/** Notes every route that is added to `app` from now on. */
export function routeTable(app: FastifyInstance): RouteTable {
  const routes: { readonly url: string; readonly pattern: RegExp; readonly methods: readonly string[] }[] =
    [];
  app.addHook("onRoute", ({ url, method }) => {
    const pattern = new RegExp(`^${url.replaceAll(/:[^/]+/g, "[^/]+")}$`);
    routes.push({ url, pattern, methods: [method].flat() });
  });
  return {
    all: () => routes.flatMap(({ url, methods }) => methods.map((method) => ({ method, url }))),
    methodsOf: (path) => [
      ...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)),
    ],
  };
}
