import type { Logger } from "@gadus/protocol";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ApiAuth } from "./api-auth.ts";
import { route, type SchemaTypes } from "./api-operation.ts";
import * as operations from "./auth-operations.ts";
import type { ApiKeyRecord } from "./api-key-store.ts";
import { type Json, nanoseconds } from "./api-shapes.ts";
import type { Callers } from "./http-access.ts";
import { NodeError } from "../node-error.ts";
import { readQuery } from "./read-query.ts";

/** What the routes of authentication need. */
export interface AuthRoutes {
  readonly auth: ApiAuth;
  readonly callers: Callers;
  readonly version: string;
  readonly logger: Logger;
}

/** Logging in with a client key, and API keys. */
export function addAuthRoutes(app: FastifyInstance, routes: AuthRoutes): void {
  const { auth, version, logger } = routes;
  const api = app.withTypeProvider<SchemaTypes>();
  const challenge = (): Json => ({
    type: "challenge",
    params: { InputPhrase: Buffer.from(auth.phrase()).toString("base64") },
  });
  // No other way to log in is there, so there is nothing to tell of its configuration.
  api.get("/agent/authconfig", route(operations.readAuthConfig), async () => ({
    Version: version,
    Config: {},
  }));
  api.get("/auth", route(operations.listMethods), async () => ({
    Methods: { [operations.METHOD]: challenge() },
  }));
  api.get("/auth/:method", route(operations.readMethod), async ({ params }) => ({
    Name: params.method,
    ...challenge(),
  }));
  api.post("/auth/:method", route(operations.logIn), async ({ body, id }) => {
    const { PublicKey, PhraseSignature } = readMethodData(body.MethodData);
    const result = auth.logIn(PublicKey, PhraseSignature);
    if ("reason" in result) return { Authentication: { success: false, reason: result.reason } };
    logger.debug("a client logged in", { requestId: id, client: result.client });
    return { Authentication: { success: true, token: result.token } };
  });
  addSelfRoutes(app, routes);
  addKeyRoutes(app, routes);
}

function addSelfRoutes(app: FastifyInstance, { auth, callers, logger }: AuthRoutes): void {
  app.get("/auth/self", route(operations.readSelf), async (request) => {
    const caller = callers.of(request);
    return {
      Kind: caller.kind,
      Right: caller.right,
      ...(caller.kind !== "anonymous" && { ID: caller.id, Name: caller.name }),
      ...(caller.kind === "client" && {
        ExpireTime: nanoseconds(caller.expiresAtMs),
        Registered: caller.registered,
      }),
    };
  });
  app.delete("/auth/self", route(operations.logOut), async (request) => {
    const caller = callers.of(request);
    if (caller.kind !== "client") {
      const message = `Cannot log out: the request was sent by ${caller.kind === "key" ? "an API key" : "nobody in particular"}`;
      const hint = "Send the token that logging in gave; API keys are revoked: DELETE /api/v1/auth/keys/ID.";
      throw new NodeError("node/invalid-request", message, { hint });
    }
    await auth.logOut(caller);
    logger.info("a client logged out", { requestId: request.id, client: caller.name, token: caller.id });
    return { ID: caller.id };
  });
}

function addKeyRoutes(app: FastifyInstance, { auth: { keys }, callers, logger }: AuthRoutes): void {
  const api = app.withTypeProvider<SchemaTypes>();
  api.get("/auth/keys", route(operations.listKeys), async () => ({ Items: keys.list().map(keyShape) }));
  api.route({
    method: ["PUT", "POST"],
    url: "/auth/keys",
    ...route(operations.createKey),
    handler: async (request, reply) => {
      const { Name: name, Right: right, Lifetime } = request.body;
      const lifetimeMs = Lifetime === undefined ? undefined : Lifetime * 1000;
      const { key, record } = await keys.create({ name, right, lifetimeMs });
      const { keyId } = record;
      logger.info("an API key was created", { requestId: request.id, keyId, name, right, by: by(request) });
      reply.header("cache-control", "no-store");
      return { Key: key, ...keyShape(record) };
    },
  });
  api.delete("/auth/keys/:id", route(operations.revokeKey), async (request) => {
    const { id } = request.params;
    const record = await keys.revoke(id);
    if (record === undefined) throw unknownKey(id);
    logger.info("an API key was revoked", { requestId: request.id, keyId: id, by: by(request) });
    return keyShape(record);
  });

  function by(request: Parameters<Callers["of"]>[0]): string {
    const caller = callers.of(request);
    return caller.kind === "anonymous" ? caller.kind : caller.id;
  }
}

const dataSchema = z.object({ PhraseSignature: z.string(), PublicKey: z.string() });

function readMethodData(MethodData: string): z.output<typeof dataSchema> {
  let data: unknown;
  try {
    data = JSON.parse(Buffer.from(MethodData, "base64").toString());
  } catch {
    throw new NodeError("node/invalid-request", "Cannot use MethodData: it is not JSON in base64", {
      field: "MethodData",
      hint: 'Send the base64 of {"PhraseSignature": "…", "PublicKey": "…"}.',
    });
  }
  return readQuery(dataSchema, data);
}

function unknownKey(id: string): NodeError {
  return new NodeError("node/unknown-key", `Cannot revoke API key "${id}": there is none of that id`, {
    hint: "List them: gadus auth keys list. Those in the configuration are removed there.",
  });
}

/** A key as the API shows it; its times are nanoseconds, as those of jobs. */
function keyShape({ keyId, name, right, ...times }: ApiKeyRecord): Json {
  const { createdAtMs, expiresAtMs, revokedAtMs } = times;
  return {
    ID: keyId,
    Name: name,
    Right: right,
    CreateTime: nanoseconds(createdAtMs),
    ...(expiresAtMs !== undefined && { ExpireTime: nanoseconds(expiresAtMs) }),
    ...(revokedAtMs !== undefined && { RevokeTime: nanoseconds(revokedAtMs) }),
  };
}
