import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSign,
  generateKeyPair,
  type KeyObject,
} from "node:crypto";
import { promisify } from "node:util";
import { usageError } from "./cli-error.ts";
import { readOwn, userFolder, writeOwn } from "./credential-file.ts";

const FILE = "client-key.pem";
const MODULUS_BITS = 3072;

/** This user's key, which says who they are to any API that has it registered. */
export interface ClientKey {
  /** As an operator registers it. */
  readonly fingerprint: string;
  /** The body of `POST /auth/ClientKey` that answers `inputPhrase`, in base64. */
  answer(inputPhrase: string): { readonly Name: string; readonly MethodData: string };
}

/** Loads this user's key; makes it the first time. @throws {CliError} `cli/usage` where the file is spoilt */
export async function loadClientKey(env: Readonly<Record<string, string | undefined>>): Promise<ClientKey> {
  const pem = (await readOwn(FILE, env)) ?? (await makeKey(env));
  const privateKey = readKey(pem, `${userFolder(env)}/${FILE}`);
  const publicKey = createPublicKey(privateKey).export({ type: "pkcs1", format: "der" });
  return {
    fingerprint: `sha256:${createHash("sha256").update(publicKey).digest("hex")}`,
    answer: (inputPhrase) => {
      const signer = createSign("RSA-SHA256").update(Buffer.from(inputPhrase, "base64"));
      const data = {
        PhraseSignature: signer.sign(privateKey, "base64"),
        PublicKey: publicKey.toString("base64"),
      };
      return { Name: "ClientKey", MethodData: Buffer.from(JSON.stringify(data)).toString("base64") };
    },
  };
}

async function makeKey(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: MODULUS_BITS });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  await writeOwn(FILE, pem, env);
  return pem;
}

function readKey(pem: string, file: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "rsa") return key;
    throw new TypeError("it is not an RSA key");
  } catch (cause) {
    throw usageError(`Cannot use "${file}": it is not an RSA key`, "Remove it; another is made.", cause);
  }
}
