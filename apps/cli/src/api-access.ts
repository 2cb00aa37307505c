import { readFile } from "node:fs/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { usageError } from "./cli-error.ts";
import { readCredential } from "./credential-file.ts";

/** What the options of a command say about who asks, and whom to believe. */
export interface AccessOptions {
  /** `-` reads standard input. */
  readonly apiKey?: string | undefined;
  readonly insecure?: boolean | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** How to speak to an API. */
export interface Access {
  /** The key or token that says who asks; undefined: nobody in particular. */
  readonly token: string | undefined;
}

/**
 * What to send to the API at `url`: the option's key, `GADUS_API_KEY`, or what `gadus auth login` kept; and has this
 * process trust the certificate in `GADUS_API_CA`, or any with `--insecure`.
 *
 * @throws {CliError} `cli/usage`
 */
export async function openAccess(url: string, options: AccessOptions, env: Environment): Promise<Access> {
  await trust(options, env);
  return { token: await findToken(url, options, env) };
}

async function findToken(
  url: string,
  { apiKey }: AccessOptions,
  env: Environment,
): Promise<string | undefined> {
  if (apiKey !== undefined) return checked(apiKey === "-" ? await readInput() : apiKey, "--api-key");
  if (env.GADUS_API_KEY) return checked(env.GADUS_API_KEY, "GADUS_API_KEY");
  return (await readCredential(url, env))?.token;
}

/** Of a key that can't be one nothing is repeated: most of it may be right. */
function checked(text: string, where: string): string {
  const key = text.trim();
  if (/^[\x21-\x7e]{1,1024}$/.test(key)) return key;
  throw usageError(
    `Cannot use ${where}: it is not a key`,
    "Write a key as gadus auth keys create printed it.",
  );
}

let input: Promise<string> | undefined;

/** Standard input, which can be read but once. */
function readInput(): Promise<string> {
  input ??= import("node:stream/consumers").then(({ text }) => text(process.stdin));
  return input;
}

async function trust({ insecure }: AccessOptions, { GADUS_API_CA: file }: Environment): Promise<void> {
  if (insecure === true) process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
  if (file === undefined || file === "") return;
  try {
    const certificate = await readFile(file, "utf8");
    setDefaultCACertificates([...getCACertificates("default"), certificate]);
  } catch (cause) {
    const state = cause instanceof Error ? cause.message : String(cause);
    throw usageError(`Cannot use GADUS_API_CA "${file}": ${state}`, "Name a certificate in PEM.", cause);
  }
}
