import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { usageError } from "./cli-error.ts";

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;

type Environment = Readonly<Record<string, string | undefined>>;

/** What says who asks an API. */
export interface Credential {
  readonly kind: "key" | "client";
  readonly token: string;
}

/** The user's folder for what the command keeps (XDG Base Directory Specification). */
export function userFolder(env: Environment): string {
  return join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "gadus");
}

/** What was kept for the API at `url`. @throws {CliError} `cli/usage` where the file is spoilt */
export async function readCredential(url: string, env: Environment): Promise<Credential | undefined> {
  const all = await readAll(env);
  return Object.hasOwn(all, url) ? all[url] : undefined;
}

/** Keeps `credential` for the API at `url`, in a file for this user alone; undefined forgets it. */
export async function keepCredential(
  url: string,
  credential: Credential | undefined,
  env: Environment,
): Promise<void> {
  const { [url]: _, ...others } = await readAll(env);
  const all = credential === undefined ? others : { ...others, [url]: credential };
  await writeOwn("credentials.json", `${JSON.stringify(all, undefined, 2)}\n`, env);
}

/** Writes all of a file in the user's folder, or nothing, for its owner alone. */
export async function writeOwn(name: string, text: string, env: Environment): Promise<void> {
  const folder = userFolder(env);
  await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
  const draft = join(folder, `${name}.${process.pid}.new`);
  await writeFile(draft, text, { mode: OWNER_ONLY_FILE });
  await chmod(draft, OWNER_ONLY_FILE);
  await rename(draft, join(folder, name));
}

/** The text of a file in the user's folder; undefined where it isn't there. */
export async function readOwn(name: string, env: Environment): Promise<string | undefined> {
  const file = join(userFolder(env), name);
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw usageError(`Cannot read "${file}": ${error.code}`, "Let this user read it.", error);
  });
}

async function readAll(env: Environment): Promise<Readonly<Record<string, Credential>>> {
  const text = await readOwn("credentials.json", env);
  if (text === undefined) return {};
  try {
    const all: unknown = JSON.parse(text);
    if (typeof all !== "object" || all === null) throw new TypeError("it is no object");
    return Object.fromEntries(Object.entries(all).filter(isEntry));
  } catch (cause) {
    const file = join(userFolder(env), "credentials.json");
    throw usageError(`Cannot read "${file}": it is not JSON`, "Remove it, and log in again.", cause);
  }
}

function isEntry(entry: [string, unknown]): entry is [string, Credential] {
  const value = entry[1] as Partial<Credential> | null;
  return typeof value?.token === "string" && (value.kind === "key" || value.kind === "client");
}
