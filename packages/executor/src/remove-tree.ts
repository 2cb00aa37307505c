import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";

/**
 * Removes `path` and all below it; what isn't there is fine. Nothing may write there any more: a link that is swapped in would
 * be followed.
 *
 * A container can nest folders deeper than a path can say: those are left to the system's own program, which goes down
 * step by step.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (process.platform === "win32") throw error;
    await new Promise<void>((resolve, reject) => {
      execFile("rm", ["-rf", "--", path], (failure) => {
        if (failure === null) resolve();
        else reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
  }
}
