import { mkdir, open, readFile, rm, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ClientError } from "./client-error.ts";

/** What has come of a download that isn't over, beside its target. */
export interface PartialFolder {
  /** The path of `name` in it. */
  path(name: string): string;
  /** Lets another process go on with it. */
  close(): Promise<void>;
  /** Removes it with all that is in it. */
  remove(): Promise<void>;
}

/** Where what has come of a download into `target` is kept until it is over. */
export function partialFolderOf(target: string): string {
  const path = resolve(target);
  return join(dirname(path), `.${basename(path)}.gadus-part`);
}

/**
 * Opens the folder for a download into `target`, or makes it, and holds it for this process.
 *
 * @throws {ClientError} `client/not-allowed` where another process that lives holds it
 */
export async function openPartialFolder(target: string): Promise<PartialFolder> {
  const folder = partialFolderOf(target);
  await mkdir(folder, { recursive: true });
  const lock = join(folder, "lock");
  await takeLock(lock, target);
  return {
    path: (name) => join(folder, name),
    close: () => unlink(lock).catch(ignoreAbsent),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function takeLock(lock: string, target: string): Promise<void> {
  for (;;) {
    const file = await open(lock, "wx").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return undefined;
      throw error;
    });
    if (file !== undefined) {
      try {
        await file.writeFile(String(process.pid));
      } finally {
        await file.close();
      }
      return;
    }
    const pid = Number(await readFile(lock, "utf8").catch(() => ""));
    if (Number.isSafeInteger(pid) && pid > 0 && isAlive(pid)) {
      const hint = `Wait for it, name another folder, or remove ${lock} if it is no download.`;
      const state = `process ${pid} downloads into it`;
      throw new ClientError("client/not-allowed", `Cannot download into "${target}": ${state}`, { hint });
    }
    await unlink(lock).catch(ignoreAbsent);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
