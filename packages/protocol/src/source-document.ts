import { CID } from "multiformats/cid";
import { invalidField } from "./document-field.ts";
import type { SpecDocument } from "./job-schema.ts";
import type { Spec } from "./task.ts";

/** Where an input comes from and where the task finds it. */
export interface InputSpec {
  readonly source: Spec;
  readonly alias: string;
  /** An absolute path. */
  readonly target: string;
}

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
      return { type: "inline", params: { url: need("URL") } };
    case "local":
    case "localdirectory":
      return { type: "local", params: { path: checkPath(need("SourcePath"), `${field}.Params.SourcePath`) } };
    default:
      throw invalidField(
        `${field}.Type`,
        `unknown source "${document.Type}"`,
        "Use ipfs, inline or localDirectory.",
      );
  }
}

function checkCid(text: string, field: string): string {
  try {
    return CID.parse(text).toString();
  } catch {
    throw invalidField(field, `"${text}" is not a CID`, "Write a CID such as bafy… or Qm….");
  }
}

/** An absolute path below the root, without `.` and `..`; a trailing `/` is dropped. */
export function checkPath(path: string, field: string): string {
  const names = path.replace(/\/+$/, "").split("/").slice(1);
  const plain = names.length > 0 && names.every((name) => name !== "" && name !== "." && name !== "..");
  if (path.startsWith("/") && plain && !hasControlCharacters(path)) return `/${names.join("/")}`;
  const hint = "Write an absolute path below /, without . or .., such as /outputs.";
  throw invalidField(field, `"${path}" is not a path inside the job`, hint);
}

export function hasControlCharacters(text: string): boolean {
  return Array.from(text).some((character) => character < " " || character === "\u007f");
}
