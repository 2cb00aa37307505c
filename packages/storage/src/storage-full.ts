import { messageOf } from "@gadus/protocol";
import { StorageError } from "./storage-error.ts";

/** Rethrows what a write was rejected with, as `storage/full` where the disk or its quota is. */
export function orFull(action: string): (error: unknown) => never {
  return (error) => {
    if (isFull(error)) {
      throw new StorageError("storage/full", `Cannot ${action}: the disk is full`, { cause: error });
    }
    throw error;
  };
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || messageOf(error).includes("database or disk is full");
}
