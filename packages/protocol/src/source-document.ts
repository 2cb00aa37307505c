import { CID } from "multiformats/cid";
import { invalidField, shorten } from "./document-field.ts";
import type { SpecDocument } from "./job-schema.ts";
import type { Spec } from "./task.ts";

/** Where an input comes from and where the task finds it. */
export interface InputSpec {
  readonly source: Spec;
  readonly alias: string;
  /** An absolute path. */
  readonly target: string;
}

const MAX_PATH_LENGTH = 4096;
const MAX_CID_LENGTH = 128;
const MAX_URL_LENGTH = 2048;

/** A storage source as people write it, with its parameters' names put right. */
export function parseSource(document: SpecDocument, field: string): Spec {
  const params = new Map(
    Object.entries(document.Params ?? {}).map(([key, value]) => [key.toLowerCase(), value]),
  );
  const need = (key: string): string => {
    const value = params.get(key.toLowerCase());
    if (typeof value === "string" && value !== "") return value;
    throw invalidField(
      `${field}.Params.${key}`,
      "missing",
      `A source of type "${document.Type}" names its ${key}.`,
    );
  };
  switch (document.Type.toLowerCase()) {
    case "ipfs":
      return { type: "ipfs", params: { cid: checkCid(need("CID"), `${field}.Params.CID`) } };
    case "inline":
      return { type: "inline", params: { url: checkDataUrl(need("URL"), `${field}.Params.URL`) } };
    case "urldownload":
      return {
        type: "http",
        params: urlParams(need("URL"), params.get("checksumsha256"), `${field}.Params`),
      };
    case "local":
    case "localdirectory":
      return { type: "local", params: { path: checkPath(need("SourcePath"), `${field}.Params.SourcePath`) } };
    default:
      throw invalidField(
        `${field}.Type`,
        `unknown source "${document.Type}"`,
        "Use ipfs, inline, urlDownload or localDirectory.",
      );
  }
}

/** `text`, if it is a CID. */
export function checkCid(text: string, field: string): string {
  try {
    if (text.length <= MAX_CID_LENGTH) return CID.parse(text).toString();
  } catch {
    // What doesn't parse is refused below, like what is too long to try.
  }
  throw invalidField(field, `"${shorten(text)}" is not a CID`, "Write a CID such as bafy… or Qm….");
}

function checkDataUrl(text: string, field: string): string {
  if (/^data:/i.test(text)) return text;
  throw invalidField(field, `"${shorten(text)}" is not a data: URL`, "Write data:;base64,… or data:,….");
}

/** What is behind a URL, in the version that the requester finds there, and the SHA-256 in hex that it must have. */
function urlParams(text: string, checksum: unknown, field: string): Spec["params"] {
  const url = URL.canParse(text) && text.length <= MAX_URL_LENGTH ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    const hint = `Write an http: or https: URL without a user, of at most ${MAX_URL_LENGTH} characters.`;
    throw invalidField(`${field}.URL`, `"${shorten(text)}" is not a URL that can be fetched`, hint);
  }
  url.hash = "";
  if (checksum === undefined || checksum === null || checksum === "") return { url: url.href };
  if (typeof checksum === "string" && /^[0-9a-f]{64}$/i.test(checksum)) {
    return { url: url.href, sha256: checksum.toLowerCase() };
  }
  const state = typeof checksum === "string" ? `"${shorten(checksum)}" is not a SHA-256` : "it is not a text";
  throw invalidField(`${field}.ChecksumSHA256`, state, "Write its 64 hexadecimal digits, or leave it out.");
}

/** An absolute path below the root, without `.` and `..`; a trailing `/` is dropped. */
export function checkPath(path: string, field: string): string {
  if (path.length <= MAX_PATH_LENGTH && path.startsWith("/") && !hasControlCharacters(path)) {
    const names = path.replace(/\/+$/, "").split("/").slice(1);
    const plain = names.every((name) => name !== "" && name !== "." && name !== "..");
    if (names.length > 0 && plain) return `/${names.join("/")}`;
  }
  const hint = `Write an absolute path below /, without . or .., at most ${MAX_PATH_LENGTH} characters, such as /outputs.`;
  throw invalidField(field, `"${shorten(path)}" is not a path inside the job`, hint);
}

/** Where a job puts something: an absolute path, or one that is meant from the root, as Bacalhau's command writes them. */
export function checkTarget(path: string, field: string): string {
  return checkPath(path.startsWith("/") ? path : `/${path.replace(/^(\.\/+)+/, "")}`, field);
}

/** Whether `text` holds any of the characters that ASCII keeps for terminals. */
export function hasControlCharacters(text: string): boolean {
  return /[\u0000-\u001f\u007f]/u.test(text);
}
