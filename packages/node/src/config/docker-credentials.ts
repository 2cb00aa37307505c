import { readFile } from "node:fs/promises";
import { z } from "zod";
import { NodeError } from "../node-error.ts";

const text = z.string().min(1).max(65_536);
const schema = z.record(text, z.strictObject({ username: text, password: text }));

/** Users and passwords by registry, of the file at `path`; none where there is no path. */
export async function readCredentials(
  path: string | undefined,
): Promise<ReadonlyMap<string, { readonly username: string; readonly password: string }>> {
  if (path === undefined) return new Map();
  try {
    return new Map(Object.entries(schema.parse(JSON.parse(await readFile(path, "utf8")))));
  } catch (error) {
    // The file's own text stays out of the message: it holds passwords.
    const state = (error as NodeJS.ErrnoException).code ?? "it is not as it must be";
    throw new NodeError("node/invalid-config", `Cannot read docker.credentialsFile "${path}": ${state}`, {
      field: "docker.credentialsFile",
      hint: 'Write {"registry.example.org": {"username": "…", "password": "…"}}.',
    });
  }
}
