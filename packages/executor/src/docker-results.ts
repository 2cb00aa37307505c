import { chmod, link, lchown, lstat, opendir, readlink, realpath, rename, rm } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { MAX_RESULT_DEPTH } from "@gadus/protocol";
import { MAX_RESULT_PATH_BYTES } from "./collect-results.ts";
import { ExecutorError } from "./executor-error.ts";
import { removeTree } from "./remove-tree.ts";

/** A folder that a container wrote to, and has ended by now. */
export interface WrittenFolder {
  /** Of the result. */
  readonly name: string;
  readonly hostPath: string;
  /** Where the container had it. */
  readonly target: string;
}

/** What results may be. */
export interface CollectLimits {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** Left out of a result, and why. */
export interface Dropped {
  readonly path: string;
  readonly why: string;
}

const OWN_FILE_MODE = 0o644;
const OWN_FOLDER_MODE = 0o755;

/**
 * Makes what containers left in `folders` results of this node's own, and moves them below `results`.
 *
 * Only regular files stay: a link to a file in the same folder becomes that file, and all else that is no file is
 * dropped, as are names that no result can have.
 *
 * @throws {ExecutorError} `executor/limit-exceeded`, blaming the job
 */
export async function collectFolders(
  folders: readonly WrittenFolder[],
  results: string,
  limits: CollectLimits,
): Promise<readonly Dropped[]> {
  const collection = new Collection(limits);
  for (const folder of folders) {
    await collection.take(folder);
    await rename(folder.hostPath, join(results, folder.name));
  }
  return collection.dropped;
}

class Collection {
  readonly dropped: Dropped[] = [];
  readonly #limits: CollectLimits;
  #bytes = 0;
  #files = 0;

  constructor(limits: CollectLimits) {
    this.#limits = limits;
  }

  async take(folder: WrittenFolder): Promise<void> {
    const links: string[] = [];
    await this.#own(folder.hostPath, true);
    await this.#walk(folder, folder.hostPath, links, 1);
    const root = await realpath(folder.hostPath);
    // All are looked at before any is changed: what comes of one doesn't depend on their order.
    const found: Resolved[] = [];
    for (const path of links) found.push({ path, ...(await resolveLink(folder, root, path)) });
    for (const { path, file, sizeBytes, why } of found) {
      await rm(path);
      if (file === undefined) this.#drop(shownPath(folder, path), why);
      else {
        this.#count(sizeBytes);
        await link(file, path);
      }
    }
  }

  async #walk(folder: WrittenFolder, path: string, links: string[], depth: number): Promise<void> {
    for await (const entry of await opendir(path, { encoding: "buffer" as BufferEncoding })) {
      const raw = entry.name as unknown as Buffer;
      const name = raw.toString("utf8");
      const at = join(path, name);
      const shown = shownPath(folder, at);
      const problem = nameProblem(raw, shown, depth);
      if (problem !== undefined) {
        // Under a name that can be written as text, however it was called.
        const doomed = join(path, `.gadus-${this.dropped.length}`);
        await rename(Buffer.concat([Buffer.from(`${path}/`), raw]), doomed);
        await removeTree(doomed);
        this.#drop(shown, problem);
      } else if (entry.isDirectory()) {
        this.#count(0);
        await this.#own(at, true);
        await this.#walk(folder, at, links, depth + 1);
      } else if (entry.isFile()) {
        const { size } = await lstat(at);
        this.#count(size);
        await this.#own(at, false);
      } else if (entry.isSymbolicLink()) links.push(at);
      else {
        await rm(at);
        this.#drop(shown, entry.isSocket() ? "a socket" : entry.isFIFO() ? "a pipe" : "a device");
      }
    }
  }

  /** Gives a file to this node, whoever made it. */
  async #own(path: string, isFolder: boolean): Promise<void> {
    const [uid, gid] = [process.getuid?.(), process.getgid?.()];
    if (uid === 0 && gid !== undefined) await lchown(path, uid, gid);
    const mode = isFolder ? OWN_FOLDER_MODE : OWN_FILE_MODE;
    await chmod(path, mode).catch((error: unknown) => {
      throw new ExecutorError(
        "executor/engine-failed",
        `Cannot take over "${path}": ${error instanceof Error ? error.message : String(error)}`,
        { blame: "node", hint: "Run the node as root, or with an engine that maps root to the node's user." },
      );
    });
  }

  #count(bytes: number): void {
    this.#files += 1;
    this.#bytes += bytes;
    const { maxBytes, maxFiles } = this.#limits;
    if (this.#files > maxFiles) throw overLimit(`are more than ${maxFiles} files`);
    if (this.#bytes > maxBytes) throw overLimit(`hold more than ${maxBytes} bytes`);
  }

  #drop(path: string, why: string): void {
    this.dropped.push({ path, why });
  }
}

interface Resolved {
  readonly path: string;
  readonly file: string | undefined;
  readonly sizeBytes: number;
  readonly why: string;
}

/** The file that a link names, where it is in the same folder. */
async function resolveLink(
  folder: WrittenFolder,
  root: string,
  path: string,
): Promise<Omit<Resolved, "path">> {
  const target = await readlink(path);
  const isInside = target.startsWith(`${folder.target}/`);
  const place = isInside ? join(root, target.slice(folder.target.length + 1)) : resolve(path, "..", target);
  const file = isInside || !target.startsWith("/") ? await realpath(place).catch(() => "") : "";
  if (!file.startsWith(`${root}/`)) {
    return { file: undefined, sizeBytes: 0, why: "a link that leads nowhere, or out of it" };
  }
  const found = await lstat(file);
  if (found.isFile()) return { file, sizeBytes: found.size, why: "" };
  return { file: undefined, sizeBytes: 0, why: "a link to a folder, or to what is no file" };
}

function shownPath(folder: WrittenFolder, path: string): string {
  return `${folder.name}/${relative(folder.hostPath, path)}`;
}

/** Why a name can't be a result's; undefined where it can. */
function nameProblem(raw: Buffer, shown: string, depth: number): string | undefined {
  const name = raw.toString("utf8");
  if (!Buffer.from(name, "utf8").equals(raw)) return "a name that is not UTF-8";
  if (/[\u0000-\u001f\u007f\ufffd]/u.test(name) || name.endsWith("\\"))
    return "a name that no result can have";
  if (depth >= MAX_RESULT_DEPTH) return `more than ${MAX_RESULT_DEPTH} folders deep`;
  return Buffer.byteLength(shown) > MAX_RESULT_PATH_BYTES ? "a path that is too long" : undefined;
}

function overLimit(state: string): ExecutorError {
  return new ExecutorError("executor/limit-exceeded", `Cannot take the results: they ${state}`, {
    blame: "job",
    field: "Tasks[0].Resources.Disk",
  });
}
