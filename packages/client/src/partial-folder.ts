import { mkdir, open, readdir, rm, rmdir, unlink } from "node:fs/promises";
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
 * Who wants it says so in a file of its own, and then looks who else did: of two that begin at one time both may be
 * refused, and never both go on.
 *
 * @throws {ClientError} `client/not-allowed` where another download that lives holds it
 */
export async function openPartialFolder(target: string): Promise<PartialFolder> {
  const folder = partialFolderOf(target);
  await mkdir(folder, { recursive: true });
  const own = lockOf(process.pid);
  const lock = join(folder, own);
  const made = await open(lock, "wx").catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
    if (held.has(lock)) throw isHeld(target, process.pid, lock);
    // A process of this number died with it.
    return await open(lock, "w");
  });
  held.add(lock);
  await made.close();
  const close = async (): Promise<void> => {
    held.delete(lock);
    await unlink(lock).catch(ignoreAbsent);
  };
  try {
    for (const name of await readdir(folder)) {
      const pid = Number(LOCK.exec(name)?.[1] ?? 0);
      if (pid === 0 || name === own) continue;
      if (isAlive(pid)) throw isHeld(target, pid, join(folder, name));
      await unlink(join(folder, name)).catch(ignoreAbsent);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { path: (name) => join(folder, name), close, remove: () => removeContent(folder, own) };
}

const LOCK = /^lock-(\d{1,10})$/;
/** Those of this process. */
const held = new Set<string>();

function lockOf(pid: number): string {
  return `lock-${pid}`;
}

/** The lock goes last, and the folder only where nobody else has one by then. */
async function removeContent(folder: string, own: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!LOCK.test(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
  await unlink(join(folder, own)).catch(ignoreAbsent);
  held.delete(join(folder, own));
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") ignoreAbsent(error);
  });
}

function isHeld(target: string, pid: number, lock: string): ClientError {
  const hint = `Wait for it, name another folder, or remove ${lock} if it is no download.`;
  const state = `process ${pid} downloads into it`;
  return new ClientError("client/not-allowed", `Cannot download into "${target}": ${state}`, { hint });
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
