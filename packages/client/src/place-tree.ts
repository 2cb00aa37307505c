import { cp, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkTarget } from "./check-target.ts";

/**
 * Moves the folder `tree` to `target`, which isn't there, or is an empty folder. One that is there stays the folder that
 * it is, and gets what `tree` holds: someone may work in it, and it may be on another disk.
 *
 * @throws {ClientError} `client/not-allowed` where something is in it by now
 */
export async function placeTree(tree: string, target: string): Promise<void> {
  const isThere = await stat(target).catch(ignoreAbsent);
  if (isThere === undefined) {
    await rename(tree, target);
    return;
  }
  await checkTarget(target);
  const placed: string[] = [];
  try {
    for (const name of await readdir(tree)) {
      placed.push(name);
      await move(join(tree, name), join(target, name));
    }
  } catch (error) {
    for (const name of placed) await rm(join(target, name), { recursive: true, force: true });
    throw error;
  }
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    await cp(from, to, { recursive: true, force: false, errorOnExist: true });
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
