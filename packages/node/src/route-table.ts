import type { FastifyInstance } from "fastify";

/** Which methods a path has. */
export interface RouteTable {
  /** The methods of the routes that match `path`; none where there is no such path. */
  methodsOf(path: string): readonly string[];
}

/** Notes every route that is added to `app` from now on. */
export function routeTable(app: FastifyInstance): RouteTable {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];
  app.addHook("onRoute", ({ url, method }) => {
    const pattern = new RegExp(`^${url.replaceAll(/:[^/]+/g, "[^/]+")}$`);
    routes.push({ pattern, methods: [method].flat() });
  });
  return {
    methodsOf: (path) => [
      ...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)),
    ],
  };
}
