import { z } from "zod";
import { RIGHTS } from "./api-access.ts";
import { operation } from "./api-operation.ts";
import { EXAMPLE, nanosecondsSchema } from "./job-answer.ts";
import { anyCase } from "./job-body.ts";
import { NodeError } from "../node-error.ts";
import { showAs } from "./shown-as.ts";

const AUTH = "/api/v1/auth";
/** The one way to log in, as clients name it. */
export const METHOD = "ClientKey";
const MAX_LIFETIME_SECONDS = 10 * 365 * 86_400;

const challengeShape = {
  type: z.literal("challenge"),
  params: z.strictObject({ InputPhrase: z.base64().describe("what to sign, in base64") }),
};
const CHALLENGE = { type: "challenge", params: { InputPhrase: "TG9nIGluIHRvIHRoZSBBUEk=" } };

export const readAuthConfig = operation({
  operationId: "readAuthConfig",
  methods: ["GET"],
  url: "/api/v1/agent/authconfig",
  tag: "auth",
  summary: "Tell how clients are to log in",
  description: "No way to log in needs to be configured, so the configuration is empty.",
  answers: {
    200: {
      description: "The configuration.",
      schema: z.strictObject({ Version: z.string(), Config: z.strictObject({}) }),
      example: { Version: "0.1.0", Config: {} },
    },
  },
  errors: [],
});

export const listMethods = operation({
  operationId: "listMethods",
  methods: ["GET"],
  url: AUTH,
  tag: "auth",
  summary: "List ways to log in",
  description: "There is one, `ClientKey`: a client signs a phrase with its RSA key.",
  answers: {
    200: {
      description: "The ways, by name.",
      schema: z.strictObject({ Methods: z.record(z.string(), z.strictObject(challengeShape)) }),
      example: { Methods: { ClientKey: CHALLENGE } },
    },
  },
  errors: [],
});

const methodPathSchema = z.object({
  method: showAs(z.string().transform(checkMethod), z.literal(METHOD)).describe("how to log in"),
});

function checkMethod(method: string): string {
  if (method === METHOD) return method;
  throw new NodeError("node/unknown-route", `Cannot log in by "${method}": there is no such method`, {
    hint: `Use ${METHOD}, or send an API key with each request.`,
  });
}

export const readMethod = operation({
  operationId: "readMethod",
  methods: ["GET"],
  url: `${AUTH}/:method`,
  tag: "auth",
  summary: "Begin to log in",
  description: "Gives the phrase to sign, which is good for some minutes.",
  params: methodPathSchema,
  answers: {
    200: {
      description: "The phrase.",
      schema: z.strictObject({ Name: z.string(), ...challengeShape }),
      example: { Name: "ClientKey", ...CHALLENGE },
    },
  },
  errors: ["node/unknown-route"],
});

export const logIn = operation({
  operationId: "logIn",
  methods: ["POST"],
  url: `${AUTH}/:method`,
  tag: "auth",
  summary: "Log in",
  description:
    "Takes the phrase's signature (RSA PKCS#1 v1.5 over SHA-256) and gives a token. A signature that isn't good is answered 200 with `success: false` and the reason.",
  params: methodPathSchema,
  body: anyCase(
    z.object({
      MethodData: z
        .string()
        .max(64 * 1024)
        .describe('the base64 of `{"PhraseSignature": "<base64>", "PublicKey": "<base64 of PKCS#1 DER>"}`'),
    }),
  ),
  bodyExample: {
    MethodData: Buffer.from('{"PhraseSignature":"c2lnbmF0dXJl","PublicKey":"a2V5"}').toString("base64"),
  },
  answers: {
    200: {
      description: "A token, or why there is none.",
      schema: z.strictObject({
        Authentication: z.union([
          z.strictObject({ success: z.literal(true), token: z.string() }),
          z.strictObject({ success: z.literal(false), reason: z.string() }),
        ]),
      }),
      example: { Authentication: { success: true, token: "gadus_token_…" } },
    },
  },
  errors: ["node/unknown-route"],
});

export const readSelf = operation({
  operationId: "readSelf",
  methods: ["GET"],
  url: `${AUTH}/self`,
  tag: "auth",
  summary: "Tell who sends the request",
  description: "Who the node takes the sender for, and what that one may do.",
  answers: {
    200: {
      description: "The sender.",
      schema: z.strictObject({
        Kind: z.enum(["anonymous", "key", "client"]),
        Right: z.enum(RIGHTS),
        ID: z.string().optional(),
        Name: z.string().optional(),
        ExpireTime: nanosecondsSchema.optional(),
        Registered: z.boolean().optional().describe("whether the operator listed the client's key"),
      }),
      example: { Kind: "key", Right: "submit", ID: "k-1", Name: "ci" },
    },
  },
  errors: [],
});

export const logOut = operation({
  operationId: "logOut",
  methods: ["DELETE"],
  url: `${AUTH}/self`,
  tag: "auth",
  summary: "Log out",
  description: "Makes the token that the request is sent with worthless. Keys are revoked instead.",
  answers: {
    200: {
      description: "The token is worthless.",
      schema: z.strictObject({ ID: z.string() }),
      example: { ID: "t-1" },
    },
  },
  errors: ["node/invalid-request"],
});

const keyShape = {
  ID: z.string(),
  Name: z.string(),
  Right: z.enum(RIGHTS),
  CreateTime: nanosecondsSchema,
  ExpireTime: nanosecondsSchema.optional(),
  RevokeTime: nanosecondsSchema.optional(),
};
const keySchema = z.strictObject(keyShape).meta({ id: "ApiKey" });
const EXAMPLE_KEY = { ID: "k-1", Name: "ci", Right: "submit", CreateTime: EXAMPLE.nanoseconds };

export const listKeys = operation({
  operationId: "listKeys",
  methods: ["GET"],
  url: `${AUTH}/keys`,
  tag: "auth",
  summary: "List API keys",
  description: "Those that this API made; those of the configuration stand there.",
  answers: {
    200: {
      description: "The keys, without their secrets.",
      schema: z.strictObject({ Items: z.array(keySchema) }),
      example: { Items: [EXAMPLE_KEY] },
    },
  },
  errors: [],
});

const newKeyShape = {
  Right: z.enum(RIGHTS).describe("what it may do, each including those before it"),
  Lifetime: z
    .number()
    .int()
    .min(1)
    .max(MAX_LIFETIME_SECONDS)
    .optional()
    .describe("seconds; absent, it never expires"),
};

export const createKey = operation({
  operationId: "createKey",
  methods: ["PUT", "POST"],
  url: `${AUTH}/keys`,
  tag: "auth",
  summary: "Make an API key",
  description: "The key is told this once: the node keeps a hash of it.",
  body: showAs(
    anyCase(z.object({ ...newKeyShape, Name: z.string().default("") })),
    z.object({ Name: z.string().max(256).regex(/\S/).describe("who uses it, for people"), ...newKeyShape }),
  ),
  bodyExample: { Name: "ci", Right: "submit" },
  answers: {
    200: {
      description: "The key.",
      schema: z.strictObject({ Key: z.string().describe("the secret"), ...keyShape }),
      example: { Key: "gadus_…", ...EXAMPLE_KEY },
      headers: { "Cache-Control": "`no-store`" },
    },
  },
  errors: ["node/too-many-keys"],
});

export const revokeKey = operation({
  operationId: "revokeKey",
  methods: ["DELETE"],
  url: `${AUTH}/keys/:id`,
  tag: "auth",
  summary: "Revoke an API key",
  description: "Makes a key worthless, at once and for good.",
  params: z.object({ id: z.string().describe("the key's id").meta({ example: "k-1" }) }),
  answers: { 200: { description: "The key as it was.", schema: keySchema, example: EXAMPLE_KEY } },
  errors: ["node/unknown-key"],
});
