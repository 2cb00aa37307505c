import { readdir } from "node:fs/promises";
import { ClientError } from "./client-error.ts";

/** Settles where `target` is an empty folder, or isn't there. @throws {ClientError} `client/not-allowed` */
export async function checkTarget(target: string): Promise<void> {
  const found = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    if (error.code === "ENOTDIR") return ["itself"];
    throw error;
  });
  if (found.length === 0) return;
  throw new ClientError("client/not-allowed", `Cannot unpack into "${target}": something is there already`, {
    hint: "Name a folder that doesn't exist yet, or is empty.",
  });
}

/** `error`, in words where the disk is full. */
export function orFull(error: unknown, action: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new ClientError("client/disk-full", `${action}: the disk is full`, { cause: error });
}
