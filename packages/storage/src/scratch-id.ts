import { base32 } from "multiformats/bases/base32";
import { StorageError } from "./storage-error.ts";

/** An id that is its folder's name; any other is encoded. */
const PLAIN = /^[a-z0-9][a-z0-9._-]{0,199}$/;
/** Stands before an encoded id, where no plain id has it. */
const ENCODED = "=";
const MAX_NAME_BYTES = 255;

/**
 * The name of the folder for `id`, on any file system.
 *
 * @throws {StorageError} `storage/not-allowed` for an id of more than about 150 bytes with unusual characters
 */
export function folderNameOf(id: string): string {
  const name = PLAIN.test(id) ? id : ENCODED + base32.baseEncode(new TextEncoder().encode(id));
  if (name.length <= MAX_NAME_BYTES) return name;
  throw new StorageError(
    "storage/not-allowed",
    `Cannot make a folder for id "${id.slice(0, 40)}…": it is too long`,
  );
}

/** The id that {@link folderNameOf} gave `name` for; undefined where it gave it for none. */
export function idOf(name: string): string | undefined {
  if (!name.startsWith(ENCODED)) return PLAIN.test(name) ? name : undefined;
  try {
    return new TextDecoder().decode(base32.baseDecode(name.slice(1)));
  } catch {
    return undefined;
  }
}
