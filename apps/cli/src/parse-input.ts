import { usageError } from "./cli-error.ts";

/** Where an input of a task comes from. */
export type InputOrigin =
  | { readonly kind: "cid"; readonly cid: string }
  /** A file of the machine that the command runs on. */
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "stdin" }
  /** A folder or file of the node that runs the job. */
  | { readonly kind: "node-folder"; readonly path: string }
  | { readonly kind: "data-url"; readonly url: string }
  /** Fetched by the requester. */
  | { readonly kind: "url"; readonly url: string };

export interface Input {
  readonly origin: InputOrigin;
  /** Where the task finds it. */
  readonly target: string;
}

export interface ResultPath {
  readonly name: string;
  readonly path: string;
}

const INPUT_HINT =
  "Write SOURCE:/path, where SOURCE is a file here, - for standard input, a CID, ipfs://CID, https://…, or local:///folder of the nodes.";

/**
 * Reads `SOURCE:/path`.
 *
 * A CID may stand without `ipfs://`, unless `fileExists` finds a file of that name here.
 *
 * @throws {CliError} `cli/usage`
 */
export function parseInput(text: string, fileExists: (path: string) => boolean): Input {
  const at = text.lastIndexOf(":/");
  const target = text.slice(at + 1);
  if (at < 1 || target.startsWith("//") || target === "/") {
    throw usageError(
      `Cannot take input "${text}": it doesn't say at which path the task finds it`,
      INPUT_HINT,
    );
  }
  return { origin: parseOrigin(text.slice(0, at), fileExists, `input "${text}"`), target };
}

/** Reads what stands before the path of an input, or names a module. @throws {CliError} `cli/usage` */
export function parseOrigin(
  source: string,
  fileExists: (path: string) => boolean,
  what: string,
): InputOrigin {
  if (source === "-") return { kind: "stdin" };
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*):(?:\/\/)?(.*)$/is.exec(source) ?? [];
  switch (scheme.toLowerCase()) {
    case "ipfs":
      return { kind: "cid", cid: rest };
    case "local":
      if (rest.startsWith("/")) return { kind: "node-folder", path: rest };
      throw usageError(`Cannot take ${what}: "${rest}" is not an absolute path`, "Write local:///folder.");
    case "file":
      return fileOrigin(rest, fileExists, what);
    case "data":
      return { kind: "data-url", url: source };
    case "http":
    case "https":
      return { kind: "url", url: source };
    case "":
      if (looksLikeCid(source) && !fileExists(source)) return { kind: "cid", cid: source };
      return fileOrigin(source, fileExists, what);
    default:
      if (fileExists(source)) return { kind: "file", path: source };
      throw usageError(`Cannot take ${what}: unknown scheme "${scheme}:"`, INPUT_HINT);
  }
}

function fileOrigin(path: string, fileExists: (path: string) => boolean, what: string): InputOrigin {
  if (fileExists(path)) return { kind: "file", path };
  throw usageError(`Cannot take ${what}: no file "${path}" here, and it is not a CID`, INPUT_HINT);
}

/** Reads `name:/path`. @throws {CliError} `cli/usage` */
export function parseResultPath(text: string): ResultPath {
  const at = text.indexOf(":");
  const result = { name: text.slice(0, Math.max(at, 0)), path: text.slice(at + 1) };
  if (result.name !== "" && result.path.startsWith("/")) return result;
  throw usageError(
    `Cannot take result path "${text}": it is not name:/path`,
    "Write such as -o outputs:/outputs.",
  );
}

/** Whether `text` reads like a CID: version 0 in base58, or version 1 in base32, base36 or base58. */
export function looksLikeCid(text: string): boolean {
  return /^(Qm[1-9A-HJ-NP-Za-km-z]{44}|b[a-z2-7]{50,}|k[0-9a-z]{50,}|z[1-9A-HJ-NP-Za-km-z]{44,})$/.test(text);
}
