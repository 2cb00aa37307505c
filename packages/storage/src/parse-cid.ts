import { CID } from "multiformats/cid";
import { StorageError } from "./storage-error.ts";

/**
 * The CID that `text` writes, of either version.
 *
 * @throws {StorageError} `storage/invalid-source`
 */
export function parseCid(text: string): CID {
  try {
    return CID.parse(text);
  } catch (cause) {
    throw new StorageError("storage/invalid-source", `Cannot use "${text}" as a CID: it doesn't parse`, {
      cause,
      blame: "job",
      hint: "Write a CID such as bafy… or Qm….",
    });
  }
}
