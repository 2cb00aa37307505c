import type { Announcement } from "@gadus/protocol";
import type { FastifyInstance } from "fastify";
import * as operations from "./agent-operations.ts";
import { route } from "./api-operation.ts";
import { redactConfig } from "../config/redact-config.ts";
import { nodeInfoShape, versionShape } from "./node-shapes.ts";

/** This node, as it describes itself. */
export interface Agent {
  readonly nodeId: string;
  readonly version: string;
  /** The address that others can dial. */
  address(): string | undefined;
  announcement(): Announcement;
  /** Its settings, as they are in effect. */
  readonly config: object;
  /** What helps to find out what is wrong with it. */
  debug(): object;
}

/** What this node is, and that it lives. */
export function addAgentRoutes(app: FastifyInstance, agent: Agent): void {
  app.get("/agent/alive", route(operations.isAlive), async () => ({ Status: "OK" }));
  app.get("/agent/version", route(operations.readVersion), async () => versionShape(agent.version));
  app.get("/agent/config", route(operations.readConfig), async () => ({
    config: redactConfig(agent.config),
  }));
  app.get("/agent/debug", route(operations.debugAgent), async () => agent.debug());
  app.get("/agent/node", route(operations.describeAgent), async () =>
    nodeInfoShape({ nodeId: agent.nodeId, address: agent.address(), announcement: agent.announcement() }),
  );
}
