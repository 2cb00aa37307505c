import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { messageOf } from "@gadus/protocol";
import { generateSwarmKey, swarmKeyFingerprint } from "@gadus/transport/swarm-key";
import { type ConfigSources, loadConfig, readLayers } from "./config/config.ts";
import { NodeError } from "./node-error.ts";

const OWNER_ONLY_FILE = 0o600;

/** The swarm key of a node. */
export interface SwarmKey {
  /** The file that holds it; undefined where the configuration itself does. */
  readonly file: string | undefined;
  /** What says so: the place of the setting, such as `node.yaml:3:5` or `GADUS_NETWORK_SWARM_KEY`. */
  readonly where: string;
  /** As kubo prints it. */
  readonly fingerprint: string;
  /** As a key file has it: a secret. */
  readonly text: string;
}

/**
 * Writes a new swarm key into the new file `path`, for its owner alone; answers its fingerprint.
 *
 * @throws {NodeError} `node/invalid-config` where the file is there already, or can't be made
 */
export async function createSwarmKeyFile(path: string): Promise<string> {
  const text = generateSwarmKey();
  try {
    await writeFile(path, text, { flag: "wx", mode: OWNER_ONLY_FILE });
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === "EEXIST";
    const state = isThere
      ? "something is there already, and a swarm key that is lost is lost"
      : messageOf(cause);
    const hint = isThere
      ? "Name a new file, or go on with that one."
      : "Name a file in a folder that can be written.";
    throw new NodeError("node/invalid-config", `Cannot write swarm key "${path}": ${state}`, { cause, hint });
  }
  return swarmKeyFingerprint(text);
}

/**
 * The swarm key of a node with these sources; undefined where it has none.
 *
 * @throws {NodeError} `node/invalid-config` as {@link loadConfig} does, and where the key's file can't be read
 * @throws {TransportError} `transport/invalid-key`
 */
export async function findSwarmKey(sources: ConfigSources): Promise<SwarmKey | undefined> {
  const { swarmKey } = (await loadConfig(sources)).network;
  if (swarmKey === undefined) return undefined;
  const layers = await readLayers(sources);
  const layer = layers.findLast(
    ({ values }) => (values["network"] as { swarmKey?: unknown } | undefined)?.swarmKey,
  );
  const text = await readSwarmKey(swarmKey);
  return {
    file: isText(swarmKey) ? undefined : resolve(swarmKey),
    where: layer?.where(["network", "swarmKey"]) ?? "",
    fingerprint: swarmKeyFingerprint(text),
    text,
  };
}

/** The text of the key that `network.swarmKey` names, or is. @throws {NodeError} `node/invalid-config` */
export async function readSwarmKey(pathOrText: string): Promise<string> {
  if (isText(pathOrText)) return pathOrText;
  try {
    return await readFile(pathOrText, "utf8");
  } catch (cause) {
    const message = `Cannot use network.swarmKey "${pathOrText}": ${messageOf(cause)}`;
    const hint = "Name a swarm key file, or write its text; gadus swarm init makes one.";
    throw new NodeError("node/invalid-config", message, { cause, field: "network.swarmKey", hint });
  }
}

function isText(pathOrText: string): boolean {
  return pathOrText.startsWith("/key/swarm/");
}
