import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { CID } from "multiformats/cid";
import { type BlockStore, openBlockStore } from "./block-store.ts";
import type { CallOptions } from "./call-options.ts";
import { checkTarget, orFull } from "./check-target.ts";
import { ClientError } from "./client-error.ts";
import type { RemoteFile } from "./fetch-file.ts";
import { type BlockSource, fetchBlocks, fetchTree } from "./fetch-tree.ts";
import { findPath, pathSegments } from "./find-path.ts";
import { mergeFolders } from "./merge-folders.ts";
import { openPartialFolder, type PartialFolder } from "./partial-folder.ts";
import { placeTree } from "./place-tree.ts";
import { parseCid } from "./read-car.ts";
import { declaredBytes, decodeUnixfs } from "./unixfs-node.ts";
import { unpackTar } from "./unpack-tar.ts";
import { type LoadNode, type Unpacked, writeTree } from "./write-tree.ts";

/** One of the things to download: by its CID, or a `.tar.gz` by its URL. */
export interface DownloadPart {
  /** The folder below the target that it goes to; empty for the target itself, where it is the only one. */
  readonly folder: string;
  readonly from: { readonly cid: string } | { readonly url: string };
}

/** How far a download is. */
export interface DownloadProgress {
  readonly haveBytes: number;
  /** As far as it is known: of an archive only where its server says it. */
  readonly totalBytes: number;
  /** What was there from an earlier attempt. */
  readonly resumedBytes: number;
}

export interface DownloadOptions extends CallOptions {
  /** Only what is at this path of each part: a folder's content, or a file by its name. @default all */
  readonly path?: string | undefined;
  /** Whether all parts become one folder: what differs is kept from each, as `NAME.FOLDER`. @default false */
  readonly merge?: boolean | undefined;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** What was downloaded. */
export interface Downloaded extends Unpacked {
  /** The parts that have something, by their folders: with a path, others may have nothing there. */
  readonly folders: readonly string[];
  /** Paths that parts differ in, where they were merged. */
  readonly conflicts: readonly string[];
  readonly resumedBytes: number;
}

/** Where downloads come from, such as a client: blocks are checked, archives can't be. */
export interface DownloadSource extends BlockSource {
  file(url: string, options: CallOptions): Promise<RemoteFile>;
}

/**
 * Downloads `parts` into the folder `target`, every block checked against its CID. For Node alone.
 *
 * The target appears once all is there. Blocks that came are kept beside it until then: the same call again, in whatever
 * process, asks for the others alone. {@link partialFolderOf} says where.
 *
 * @throws {ClientError} `client/not-allowed` for a target that holds something, or a name that can't be a file's,
 * `client/not-found` also where nothing is at the path, `client/invalid-block`, `client/not-readable`,
 * `client/disk-full`
 * @throws the signal's reason, if `signal` aborts
 */
export async function download(
  source: DownloadSource,
  parts: readonly DownloadPart[],
  target: string,
  options: DownloadOptions = {},
): Promise<Downloaded> {
  const { signal } = options;
  signal?.throwIfAborted();
  await checkTarget(resolve(target));
  await mkdir(dirname(resolve(target)), { recursive: true });
  const partial = await openPartialFolder(target);
  const store = await openBlockStore(partial.path("blocks")).catch(async (error: unknown) => {
    await partial.close();
    throw orFull(error, `Cannot download into "${target}"`);
  });
  const attempt = new Download(source, store, partial, options);
  try {
    const downloaded = await attempt.run(parts);
    const tree = downloaded.folders.length > 0 && options.merge ? "merged" : "tree";
    await placeTree(partial.path(tree), resolve(target));
    await partial.remove();
    return downloaded;
  } catch (error) {
    if (store.sizeBytes === 0 || attempt.foundNothing || isHopeless(error)) await partial.remove();
    signal?.throwIfAborted();
    throw orFull(error, `Cannot download into "${target}"`);
  } finally {
    await store.close();
    await partial.close();
  }
}

/** Whether the same would come of trying again. */
function isHopeless(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return code === "client/not-readable" || code === "client/not-allowed";
}

interface Found {
  readonly part: DownloadPart;
  /** What is at the path; undefined of an archive. */
  readonly root: CID | undefined;
}

class Download {
  readonly #source: DownloadSource;
  readonly #store: BlockStore;
  readonly #partial: PartialFolder;
  readonly #options: DownloadOptions;
  readonly #resumedBytes: number;
  #totalBytes = 0;
  #archiveBytes = 0;
  #foundNothing = false;

  constructor(source: DownloadSource, store: BlockStore, partial: PartialFolder, options: DownloadOptions) {
    this.#source = source;
    this.#store = store;
    this.#partial = partial;
    this.#options = options;
    this.#resumedBytes = store.sizeBytes;
  }

  /** Whether nothing is at the path, so that what came is of no use; what an earlier attempt left may be of use yet. */
  get foundNothing(): boolean {
    return this.#foundNothing && this.#resumedBytes === 0;
  }

  async run(parts: readonly DownloadPart[]): Promise<Downloaded> {
    for (const name of ["tree", "merged"]) {
      await rm(this.#partial.path(name), { recursive: true, force: true });
      await mkdir(this.#partial.path(name));
    }
    const found = await this.#findAll(parts);
    let [files, sizeBytes] = [0, 0];
    const folders: string[] = [];
    for (const { part, root } of found) {
      const into = this.#partial.path(join("tree", part.folder));
      await mkdir(into, { recursive: true });
      const unpacked = root === undefined ? await this.#unpack(part, into) : await this.#fetch(root, into);
      if (root === undefined && this.#options.path && (await readdir(into)).length === 0) {
        if (part.folder !== "") await rm(into, { recursive: true });
        continue;
      }
      files += unpacked.files;
      sizeBytes += unpacked.sizeBytes;
      folders.push(part.folder);
    }
    if (folders.length === 0 && parts.length > 0) throw this.#nothingThere();
    const conflicts = this.#options.merge === true ? await this.#merge(folders) : [];
    return { files, sizeBytes, folders, conflicts, resumedBytes: this.#resumedBytes };
  }

  /** What is at the path of each part, as far as that is known before it is unpacked. */
  async #findAll(parts: readonly DownloadPart[]): Promise<readonly Found[]> {
    const { path = "", signal } = this.#options;
    const found: Found[] = [];
    for (const part of parts) {
      if ("url" in part.from) {
        found.push({ part, root: undefined });
        continue;
      }
      const root = await findPath(this.#source, this.#store, parseCid(part.from.cid), { path, signal });
      if (root === undefined) continue;
      if (!this.#store.has(root))
        await fetchBlocks(this.#source, this.#store, root, { signal, scope: "block" });
      this.#totalBytes += declaredBytes(root, await this.#store.get(root));
      found.push({ part, root });
    }
    this.#tell();
    return found;
  }

  async #fetch(root: CID, into: string): Promise<Unpacked> {
    const { signal, path = "" } = this.#options;
    await fetchTree(this.#source, this.#store, root, { signal, onBlock: () => this.#tell() });
    const load: LoadNode = async (cid) => {
      signal?.throwIfAborted();
      return decodeUnixfs(cid, await this.#store.get(cid));
    };
    return await writeTree(load, root, into, pathSegments(path).at(-1));
  }

  async #unpack({ from }: DownloadPart, into: string): Promise<Unpacked> {
    if (!("url" in from)) return { files: 0, sizeBytes: 0 };
    const { signal, path } = this.#options;
    const { content, sizeBytes } = await this.#source.file(from.url, { signal });
    this.#totalBytes += sizeBytes ?? 0;
    return await unpackTar(this.#counted(content), into, { signal, path });
  }

  async *#counted(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      this.#archiveBytes += chunk.length;
      this.#tell();
      yield chunk;
    }
  }

  async #merge(folders: readonly string[]): Promise<readonly string[]> {
    const parts = folders.map((name) => ({ name, folder: this.#partial.path(join("tree", name)) }));
    return await mergeFolders(parts, this.#partial.path("merged"));
  }

  #tell(): void {
    this.#options.onProgress?.({
      haveBytes: this.#store.sizeBytes + this.#archiveBytes,
      totalBytes: this.#totalBytes,
      resumedBytes: this.#resumedBytes,
    });
  }

  #nothingThere(): ClientError {
    this.#foundNothing = true;
    const path = JSON.stringify(this.#options.path);
    return new ClientError("client/not-found", `Cannot download ${path}: nothing is at that path`, {
      hint: "Write it as it is within the results, such as outputs/file.txt.",
    });
  }
}

export { partialFolderOf } from "./partial-folder.ts";
