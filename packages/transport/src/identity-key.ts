import { randomUUID } from "node:crypto";
import { link, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "@gadus/protocol";
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import type { Ed25519PrivateKey } from "@libp2p/interface";
import { TransportError } from "./transport-error.ts";

/** The file in a node's data folder that holds its identity key: libp2p's protobuf of an Ed25519 private key. */
export const IDENTITY_KEY_FILE = "identity.key";

const OWNER_ONLY = 0o600;

/**
 * The identity key in `folder`, which must exist; a new one is made, synced and readable by its owner only, where
 * there is none.
 *
 * @throws {TransportError} `transport/invalid-key`
 */
export async function loadIdentityKey(folder: string): Promise<Ed25519PrivateKey> {
  const file = join(folder, IDENTITY_KEY_FILE);
  return (await readKey(file)) ?? (await createKey(file));
}

async function createKey(file: string): Promise<Ed25519PrivateKey> {
  const key = await generateKeyPair("Ed25519");
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeSynced(draft, privateKeyToProtobuf(key));
    // Unlike a rename, a link never replaces the key that another process of this node has just made.
    await link(draft, file);
    return key;
  } catch (error) {
    const first = codeOf(error) === "EEXIST" ? await readKey(file) : undefined;
    if (first !== undefined) return first;
    throw invalid(file, `it can't be written: ${messageOf(error)}`, "Make the data folder writable.", error);
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeSynced(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, "wx", OWNER_ONLY);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readKey(file: string): Promise<Ed25519PrivateKey | undefined> {
  const hint = "Restore it from a copy, or remove it to give the node a new identity.";
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw invalid(
      file,
      `it can't be read: ${messageOf(error)}`,
      "Make it readable by the node's user.",
      error,
    );
  }
  try {
    const key = privateKeyFromProtobuf(bytes);
    if (key.type === "Ed25519") return key;
  } catch (error) {
    throw invalid(file, `its ${bytes.length} bytes are not a libp2p private key`, hint, error);
  }
  throw invalid(file, "its key is not an Ed25519 key", hint);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

function invalid(file: string, state: string, hint: string, cause?: unknown): TransportError {
  return new TransportError("transport/invalid-key", `Cannot use identity key ${file}: ${state}`, {
    hint,
    cause,
  });
}
