import type { FastifyInstance } from "fastify";
import type { Json } from "./api-shapes.ts";

/** `GET /agent/config`: the node's configuration, without its secrets. */
export function addConfigRoute(app: FastifyInstance, config: Json): void {
  app.get("/agent/config", async () => ({ config }));
}
