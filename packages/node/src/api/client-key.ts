import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";

/** The longest key that is looked at, in characters. */
const MAX_KEY_CHARACTERS = 8192;
const MIN_MODULUS_BITS = 2048;
const MAX_MODULUS_BITS = 8192;
/** Exponents beyond take long to compute with, and nobody uses them. */
const MAX_EXPONENT = 0xffff_ffffn;
const FINGERPRINT = /^sha256:[0-9a-f]{64}$/i;

/** The RSA key of a client. */
export interface ClientKey {
  /** `sha256:` and the hash, in hexadecimal, of the key as PKCS#1 DER. */
  readonly fingerprint: string;
  /** Whether `signature` is the key's of `message` (RSASSA-PKCS1-v1_5 with SHA-256, RFC 8017, 8.2). */
  signed(message: Uint8Array, signature: Uint8Array): boolean;
}

/** Reads a public key in base64 of PKCS#1 DER; undefined where it is none, or too weak or too costly to check. */
export function readClientKey(base64: string): ClientKey | undefined {
  if (base64.length > MAX_KEY_CHARACTERS) return undefined;
  return clientKeyOf(() =>
    createPublicKey({ key: Buffer.from(base64, "base64"), format: "der", type: "pkcs1" }),
  );
}

/** The fingerprint that `text` is or has: itself, a key in PEM, or one in base64 of PKCS#1 DER. */
export function parseFingerprint(text: string): string | undefined {
  const trimmed = text.trim();
  if (FINGERPRINT.test(trimmed)) return trimmed.toLowerCase();
  if (text.length > MAX_KEY_CHARACTERS) return undefined;
  if (!trimmed.startsWith("-----BEGIN")) return readClientKey(trimmed)?.fingerprint;
  return clientKeyOf(() => createPublicKey(trimmed))?.fingerprint;
}

function clientKeyOf(read: () => KeyObject): ClientKey | undefined {
  try {
    const key = read();
    if (!isUsable(key)) return undefined;
    // Node can't write a key as PKCS#1 that it has read from such; one that it has from a JWK it can.
    const der = createPublicKey({ key: key.export({ format: "jwk" }), format: "jwk" }).export({
      format: "der",
      type: "pkcs1",
    });
    return {
      fingerprint: `sha256:${createHash("sha256").update(der).digest("hex")}`,
      signed: (message, signature) => verify("sha256", message, key, signature),
    };
  } catch {
    return undefined;
  }
}

function isUsable(key: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  return (
    key.asymmetricKeyType === "rsa" &&
    modulusLength >= MIN_MODULUS_BITS &&
    modulusLength <= MAX_MODULUS_BITS &&
    publicExponent <= MAX_EXPONENT
  );
}
