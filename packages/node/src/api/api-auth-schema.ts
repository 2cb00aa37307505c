import { z } from "zod";
import { RIGHTS } from "./api-access.ts";
import { parseFingerprint } from "./client-key.ts";

const MAX_NAMED_KEYS = 1000;
const file = z.string().min(1).max(4096);
const name = z.string().min(1).max(256);
const right = z.enum(RIGHTS);

const hash = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/i, "not the hash of a key, such as sha256: and 64 hexadecimal digits")
  .transform((text) => text.toLowerCase());

const clientKey = z.string().transform((text, context) => {
  const fingerprint = parseFingerprint(text);
  if (fingerprint !== undefined) return fingerprint;
  const message =
    "neither an RSA public key (PEM, or PKCS#1 in base64) nor the fingerprint of one (sha256: and 64 hexadecimal digits)";
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

/** `api.auth`: who may use the API, and what for. */
export const authConfig = z.strictObject({
  anonymous: z
    .enum(["none", "read", "all"])
    .optional()
    .describe(
      "What whoever has no key may do. Absent: `all` where the API listens on loopback, otherwise `none`.",
    ),
  keys: z
    .array(z.strictObject({ name, right, hash }))
    .max(MAX_NAMED_KEYS)
    .default([])
    .describe(
      "API keys beside those of `gadus auth keys create`, as `{name, right, hash}`: `right` is `read`, `submit` or `full`, `hash` is `sha256:` and the hash of the key's text. In the configuration file only.",
    ),
  clients: z
    .array(z.strictObject({ name, right, key: clientKey }))
    .max(MAX_NAMED_KEYS)
    .default([])
    .describe(
      "Client keys, as `{name, right, key}`: `key` is an RSA public key or its fingerprint, as `gadus auth login` prints it. In the configuration file only.",
    ),
  tokenLifetimeMs: z
    .number()
    .int()
    .min(1_000)
    .max(365 * 86_400_000)
    .default(3_600_000)
    .describe("How long the token that a client gets for its key is good for."),
});

/** `api.tls`: the certificate of the API. */
export const tlsConfig = z
  .strictObject({
    cert: file.optional().describe("File with the certificate, and those between it and its root, in PEM."),
    key: file.optional().describe("File with the certificate's private key, in PEM."),
    selfSigned: z
      .boolean()
      .default(false)
      .describe(
        "Whether the node makes a certificate of its own, `api-tls.crt` in the data folder, which clients must be told to trust.",
      ),
  })
  .superRefine(({ cert, key, selfSigned }, context) => {
    const problem = (path: string, message: string): void =>
      context.addIssue({ code: "custom", path: [path], message });
    if ((cert === undefined) !== (key === undefined))
      problem(cert === undefined ? "key" : "cert", "cert and key are there together, or neither is");
    else if (selfSigned && cert !== undefined) problem("selfSigned", "there is a certificate already");
  });

/** `api.cors`: pages of other sites. */
export const corsConfig = z.strictObject({
  origins: z
    .array(z.string().regex(/^(\*|https?:\/\/[^/\s]+)$/i, "not an origin, such as https://ui.example.org"))
    .max(256)
    .default([])
    .describe(
      "Origins, such as `https://ui.example.org`, whose pages may use the API from a browser; `*` is any.",
    ),
});

/** The configuration of `api.auth`, checked; of a client key its fingerprint is left. */
export type AuthConfig = z.output<typeof authConfig>;
