/**
 * What a caller of the API may do, each including those before it: `read` looks, `submit` also sends and stops jobs,
 * `full` also runs the node.
 */
export const RIGHTS = ["read", "submit", "full"] as const;
export type Right = (typeof RIGHTS)[number];

/** What a route needs: a right, or none at all (`open`). */
export type Need = Right | "open";

/**
 * What each route needs. One that isn't here is refused to everybody.
 *
 * What stands for a parameter's name is `:`; `HEAD` needs what `GET` needs.
 */
const NEEDS: Readonly<Record<string, Need>> = {
  "GET /metrics": "read",
  "GET /openapi.json": "open",
  "GET /docs": "open",
  "GET /docs/:": "open",
  "GET /ipfs/:": "read",
  // The link is the right: nobody finds one who wasn't given it.
  "GET /results/:": "open",

  "GET /api/v1/auth": "open",
  "GET /api/v1/auth/:": "open",
  "POST /api/v1/auth/:": "open",
  "GET /api/v1/auth/keys": "full",
  "PUT /api/v1/auth/keys": "full",
  "POST /api/v1/auth/keys": "full",
  "DELETE /api/v1/auth/keys/:": "full",
  "GET /api/v1/auth/self": "read",
  "DELETE /api/v1/auth/self": "read",

  "GET /api/v1/agent/alive": "open",
  "GET /api/v1/agent/version": "open",
  "GET /api/v1/agent/authconfig": "open",
  "GET /api/v1/agent/node": "read",
  "GET /api/v1/agent/config": "full",
  "GET /api/v1/agent/debug": "full",

  "GET /api/v1/orchestrator/jobs": "read",
  "PUT /api/v1/orchestrator/jobs": "submit",
  "POST /api/v1/orchestrator/jobs": "submit",
  "PUT /api/v1/orchestrator/jobs/diff": "submit",
  "POST /api/v1/orchestrator/jobs/diff": "submit",
  "GET /api/v1/orchestrator/jobs/:": "read",
  "DELETE /api/v1/orchestrator/jobs/:": "submit",
  "PUT /api/v1/orchestrator/jobs/:/rerun": "submit",
  "POST /api/v1/orchestrator/jobs/:/rerun": "submit",
  "GET /api/v1/orchestrator/jobs/:/history": "read",
  "GET /api/v1/orchestrator/jobs/:/executions": "read",
  "GET /api/v1/orchestrator/jobs/:/versions": "read",
  "GET /api/v1/orchestrator/jobs/:/placement": "read",
  "GET /api/v1/orchestrator/jobs/:/results": "read",
  "GET /api/v1/orchestrator/jobs/:/results/download.tar.gz": "read",
  "GET /api/v1/orchestrator/jobs/:/logs": "read",
  "GET /api/v1/orchestrator/events": "read",
  "PUT /api/v1/orchestrator/blobs": "submit",
  "POST /api/v1/orchestrator/blobs": "submit",

  "GET /api/v1/orchestrator/nodes": "read",
  "GET /api/v1/orchestrator/nodes/:": "read",
  "PUT /api/v1/orchestrator/nodes/:": "full",
};

/** What the route at `url`, a pattern such as `/jobs/:id`, needs; undefined where the table hasn't got it. */
export function needOf(method: string, url: string): Need | undefined {
  const key = `${method === "HEAD" ? "GET" : method} ${url.replaceAll(/:[^/]+/g, ":")}`;
  return Object.hasOwn(NEEDS, key) ? NEEDS[key] : undefined;
}

/** Whether who has `right` may do what takes `need`. */
export function allows(right: Right, need: Right): boolean {
  return RIGHTS.indexOf(right) >= RIGHTS.indexOf(need);
}
