import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** What a registry is shown, as the engine passes it on. */
export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

/** Credentials by registry host, such as `registry.example.org:5000`. */
export type Credentials = ReadonlyMap<string, { readonly username: string; readonly password: string }>;

/** Where Docker's own configuration is. */
export interface DockerConfig {
  /** @default $DOCKER_CONFIG, otherwise ~/.docker */
  readonly folder?: string;
}

const HELPER_WITHIN_MS = 10_000;
const MAX_HELPER_BYTES = 64 * 1024;
/** Docker's name for its own registry, in its configuration. */
const DOCKER_HUB = "https://index.docker.io/v1/";

/**
 * What `registry` is shown: what the operator configured, otherwise what `docker login` left, otherwise nothing.
 *
 * Docker's configuration is read each time, so that a login counts at once. Never logged.
 */
export async function authFor(
  registry: string,
  credentials: Credentials,
  { folder = process.env["DOCKER_CONFIG"] ?? join(homedir(), ".docker") }: DockerConfig = {},
): Promise<RegistryAuth | undefined> {
  const own = credentials.get(registry);
  if (own !== undefined) return { ...own, serveraddress: registry };
  const config = await readConfig(join(folder, "config.json"));
  const server = registry === "docker.io" ? DOCKER_HUB : registry;
  const helper = textAt(config["credHelpers"], server) ?? textAt(config["credHelpers"], registry);
  const store = helper ?? (typeof config["credsStore"] === "string" ? config["credsStore"] : undefined);
  if (store !== undefined) {
    const answer = await askHelper(store, server);
    if (answer !== undefined) return { ...answer, serveraddress: server };
  }
  const { auths } = config;
  const entries = typeof auths === "object" && auths !== null ? (auths as Record<string, unknown>) : {};
  const entry = entries[server] ?? entries[registry] ?? entries[`https://${registry}`];
  const auth = textAt(entry, "auth");
  if (auth === undefined) return undefined;
  const text = Buffer.from(auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 1) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1), serveraddress: server };
}

/** The field `key` of `value`, where it is a text and not empty. */
function textAt(value: unknown, key: string): string | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  const text = (value as Record<string, unknown>)[key];
  return typeof text === "string" && text !== "" ? text : undefined;
}

async function readConfig(path: string): Promise<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Docker's credential helpers are programs that are given a server's name, and answer JSON. */
function askHelper(
  name: string,
  server: string,
): Promise<{ readonly username: string; readonly password: string } | undefined> {
  if (!/^[\w.-]+$/.test(name)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const options = { timeout: HELPER_WITHIN_MS, maxBuffer: MAX_HELPER_BYTES };
    const child = execFile(`docker-credential-${name}`, ["get"], options, (error, stdout) => {
      resolve(error === null ? readAnswer(stdout) : undefined);
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(server);
  });
}

function readAnswer(stdout: string): { username: string; password: string } | undefined {
  try {
    const answer: unknown = JSON.parse(stdout);
    const [username, password] = [textAt(answer, "Username"), textAt(answer, "Secret")];
    return username === undefined || password === undefined ? undefined : { username, password };
  } catch {
    return undefined;
  }
}
