import { sha256 } from "@noble/hashes/sha2.js";
import { importer } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import type { CID } from "multiformats/cid";
import { toHex } from "./bytes.ts";
import type { CallOptions } from "./call-options.ts";
import { shorten } from "./document-field.ts";
import { ProtocolError } from "./protocol-error.ts";
import type { ReadableVolume, VolumeEntry } from "./readable-volume.ts";

/** Files and folders in one results folder, at most. */
export const MAX_RESULT_FILES = 100_000;
export const MAX_RESULT_DEPTH = 256;
const CHUNK_BYTES = 1024 * 1024;

/** The digest of a results folder without files; it never wins a verdict. */
export const EMPTY_RESULTS_DIGEST = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/** Both names of a canonical results tree, and its size. */
export interface ResultsTree {
  /** `h1:` + base64 of SHA-256 over the lines `hex(sha256(content))  results/<path>\n`, sorted by path. */
  readonly digest: string;
  /** The UnixFS root (version 1, profile `unixfs-v1-2025`, IPIP-499) of the same files. */
  readonly cid: string;
  /** Of all contents together. */
  readonly sizeBytes: number;
  readonly files: number;
}

/** Takes each block of a tree as it is made. */
export interface BlockSink {
  put(cid: CID, block: Uint8Array): Promise<CID> | CID;
}

/** Names the regular files of `volume` without keeping a block of them anywhere. */
export function describeResults(volume: ReadableVolume, options?: CallOptions): Promise<ResultsTree> {
  return importResults(volume, { put: (cid) => cid }, options);
}

/**
 * Names the regular files of `volume` in one pass, and gives every block of their UnixFS tree to `sink`.
 *
 * No modes, times or empty folders count. Memory stays within a few blocks of 1 MiB.
 *
 * @throws {ProtocolError} `protocol/invalid-results` for a name that is hostile or no Unicode, too many files and
 * folders, or folders too deep
 */
export async function importResults(
  volume: ReadableVolume,
  sink: BlockSink,
  options: CallOptions = {},
): Promise<ResultsTree> {
  const files = (await listFiles(volume, options)).sort((a, b) => compareBytewise(a.path, b.path));
  const hashes: string[] = [];
  const candidates = files.map((file, index) => ({
    path: file.path,
    content: readHashing(volume, file, options, (hash) => {
      hashes[index] = hash;
    }),
  }));
  let cid = "";
  const imported = importer(
    candidates,
    { put: async (key, block) => sink.put(key, await joined(block)) },
    {
      profile: "unixfs-v1-2025",
      chunker: fixedSize({ chunkSize: CHUNK_BYTES }),
      wrapWithDirectory: true,
      fileImportConcurrency: 4,
      blockWriteConcurrency: 4,
    },
  );
  for await (const entry of imported) cid = entry.cid.toString();
  const lines = files.map((file, index) => `${hashes[index]}  results/${file.path}\n`).join("");
  const digest = sha256(new TextEncoder().encode(lines));
  return {
    digest: `h1:${toBase64(digest)}`,
    cid,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    files: files.length,
  };
}

async function listFiles(volume: ReadableVolume, options: CallOptions): Promise<VolumeEntry[]> {
  const found: VolumeEntry[] = [];
  const folders = [""];
  for (let seen = 0, folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const entry of volume.list(folder, options)) {
      checkName(entry);
      if (entry.kind === "folder") folders.push(entry.path);
      else found.push(entry);
      seen += 1;
      if (seen > MAX_RESULT_FILES) {
        throw invalid("results folder", `more than ${MAX_RESULT_FILES} files and folders`);
      }
    }
  }
  return found;
}

async function* readHashing(
  volume: ReadableVolume,
  file: VolumeEntry,
  options: CallOptions,
  done: (hash: string) => void,
): AsyncGenerator<Uint8Array> {
  const hash = sha256.create();
  for (let offset = 0; offset < file.sizeBytes; offset += CHUNK_BYTES) {
    const wanted = Math.min(CHUNK_BYTES, file.sizeBytes - offset);
    const chunk = await volume.read(file.path, offset, wanted, options);
    if (chunk.length !== wanted) throw invalid(`file "${file.path}"`, "it changed while it was read");
    hash.update(chunk);
    yield chunk;
  }
  done(toHex(hash.digest()));
}

async function joined(
  block: Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Uint8Array> {
  if (block instanceof Uint8Array) return block;
  const parts: Uint8Array[] = [];
  for await (const part of block) parts.push(part);
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function checkName({ path, kind }: VolumeEntry): void {
  const names = path.split("/");
  const wrong = /[\u0000-\u001f\u007f\ufffd]/u.test(path) || !path.isWellFormed();
  if (wrong || names.some((name) => name === "" || name === "." || name === "..")) {
    throw invalid(
      `file name ${JSON.stringify(shorten(path))}`,
      "control characters, broken UTF-8, . and .. are not allowed",
    );
  }
  // The importer takes a slash after a backslash for a part of the name.
  if (path.includes("\\/") || (kind === "folder" && path.endsWith("\\"))) {
    throw invalid(`folder name ${JSON.stringify(shorten(path))}`, "it ends in a backslash");
  }
  if (names.length > MAX_RESULT_DEPTH) {
    throw invalid(`file name ${JSON.stringify(shorten(path))}`, `more than ${MAX_RESULT_DEPTH} folders deep`);
  }
}

/** Orders text by its UTF-8 bytes. */
export function compareBytewise(a: string, b: string): number {
  const left = new TextEncoder().encode(a);
  const right = new TextEncoder().encode(b);
  const shorter = Math.min(left.length, right.length);
  for (let index = 0; index < shorter; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function invalid(what: string, state: string): ProtocolError {
  return new ProtocolError("protocol/invalid-results", `Cannot take the ${what}: ${state}`, { blame: "job" });
}
