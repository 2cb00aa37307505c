import { type FileHandle, mkdir, mkdtemp, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { CID } from "multiformats/cid";
import { openBlockSpool } from "./block-spool.ts";
import type { CallOptions } from "./call-options.ts";
import { ClientError } from "./client-error.ts";
import { parseCid, readCar } from "./read-car.ts";
import { decodeUnixfs, type UnixfsNode, unreadable } from "./unixfs-node.ts";

/** Entries of one folder, at most. */
const MAX_FOLDER_ENTRIES = 100_000;
/** Blocks on the way from the root to a leaf, at most: folders in folders, and parts of one file or folder. */
const MAX_DEPTH = 256;

type FileNode = Extract<UnixfsNode, { kind: "file" }>;
type FolderNode = Extract<UnixfsNode, { kind: "folder" | "shard" }>;

/** What was unpacked. */
export interface Unpacked {
  readonly files: number;
  readonly sizeBytes: number;
}

/**
 * Unpacks the tree under `cid` from a CAR into `targetFolder`, every block checked against its CID. For Node alone.
 *
 * The target appears once all is there; where anything fails nothing is left. A `cid` that is one file becomes a
 * file of that name in the folder. Symbolic links are left out.
 *
 * @throws {ClientError} `client/not-allowed` for a target that holds something or a name that can't be a file's,
 * `client/invalid-block`, `client/not-readable`, `client/not-found`, `client/disk-full`
 * @throws the signal's reason, if `signal` aborts
 */
export async function unpackCar(
  stream: AsyncIterable<Uint8Array>,
  cid: string,
  targetFolder: string,
  { signal }: CallOptions = {},
): Promise<Unpacked> {
  signal?.throwIfAborted();
  const root = parseCid(cid);
  const target = resolve(targetFolder);
  await checkTarget(target);
  await mkdir(dirname(target), { recursive: true });
  const draft = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    const spool = await openBlockSpool(join(draft, "blocks"));
    try {
      for await (const block of readCar(stream, root)) {
        signal?.throwIfAborted();
        await spool.append(block.cid, block.bytes);
      }
      const tree = join(draft, "tree");
      await mkdir(tree);
      const load: LoadNode = async (wanted) => {
        signal?.throwIfAborted();
        return decodeUnixfs(wanted, await spool.get(wanted));
      };
      const unpacked = await writeRoot(load, root, tree);
      await rename(tree, target);
      return unpacked;
    } finally {
      await spool.close();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw orFull(error, `Cannot unpack "${cid}" into "${targetFolder}"`);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** A node of a tree that has arrived. */
type LoadNode = (cid: CID) => Promise<UnixfsNode>;

async function checkTarget(target: string): Promise<void> {
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

async function writeRoot(load: LoadNode, root: CID, into: string): Promise<Unpacked> {
  const node = await load(root);
  if (node.kind === "other") {
    const name = root.toString();
    throw new ClientError("client/not-readable", `Cannot unpack "${name}": it is neither file nor folder`);
  }
  if (node.kind === "file") return await writeFile(load, root, node, join(into, root.toString()));
  return await writeFolder(load, node, into, 0);
}

async function writeFolder(
  load: LoadNode,
  folder: FolderNode,
  into: string,
  depth: number,
): Promise<Unpacked> {
  let [files, sizeBytes] = [0, 0];
  for (const [name, cid] of await entriesOf(load, folder)) {
    if (depth > MAX_DEPTH) throw unreadable(cid, `folders are nested deeper than ${MAX_DEPTH}`);
    const node = await load(cid);
    const target = join(into, checkName(name));
    if (node.kind === "other") continue;
    if (node.kind !== "file") await mkdir(target);
    const below =
      node.kind === "file"
        ? await writeFile(load, cid, node, target)
        : await writeFolder(load, node, target, depth + 1);
    files += below.files;
    sizeBytes += below.sizeBytes;
  }
  return { files, sizeBytes };
}

/** What a folder holds, also one that is spread over many blocks. */
async function entriesOf(load: LoadNode, folder: FolderNode): Promise<ReadonlyMap<string, CID>> {
  const found = new Map<string, CID>();
  const parts = new Set<string>();
  const collect = async (part: FolderNode): Promise<void> => {
    const prefixLength = part.kind === "shard" ? part.prefixLength : 0;
    for (const { name: whole, cid } of part.links) {
      const name = whole.slice(prefixLength);
      if (part.kind === "shard" && name === "") {
        // Parts that share parts would take a time beyond all measure; no folder that anyone made has any.
        if (parts.has(cid.toString())) throw unreadable(cid, "a part of a folder is there twice");
        parts.add(cid.toString());
        const below = await load(cid);
        if (below.kind !== "folder" && below.kind !== "shard")
          throw unreadable(cid, "a folder's part is no folder");
        await collect(below);
      } else if (found.has(name)) {
        throw unreadable(cid, `a folder holds the name ${JSON.stringify(name)} twice`);
      } else found.set(name, cid);
      if (found.size + parts.size > MAX_FOLDER_ENTRIES)
        throw unreadable(cid, `a folder holds more than ${MAX_FOLDER_ENTRIES} entries`);
    }
  };
  await collect(folder);
  return found;
}

async function writeFile(load: LoadNode, cid: CID, node: FileNode, target: string): Promise<Unpacked> {
  const file = await open(target, "wx");
  try {
    await writeContent(load, cid, node, file, 0);
  } finally {
    await file.close();
  }
  return { files: 1, sizeBytes: node.sizeBytes };
}

/** Writes what `node` holds, then what its children do, each as long as its parent says. */
async function writeContent(
  load: LoadNode,
  cid: CID,
  node: FileNode,
  file: FileHandle,
  depth: number,
): Promise<void> {
  if (depth > MAX_DEPTH) throw unreadable(cid, `a file is nested deeper than ${MAX_DEPTH} blocks`);
  await file.writeFile(node.content);
  for (const child of node.children) {
    const part = await load(child.cid);
    if (part.kind !== "file" || part.sizeBytes !== child.sizeBytes)
      throw unreadable(child.cid, `it is not the ${child.sizeBytes} bytes of a file that its parent says`);
    await writeContent(load, child.cid, part, file, depth + 1);
  }
}

function checkName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (!/[\u0000-\u001f\u007f/]/u.test(name) && name !== "." && name !== ".." && name !== "") return name;
  throw new ClientError(
    "client/not-allowed",
    `Cannot unpack ${JSON.stringify(name)}: no file may have that name`,
  );
}

function orFull(error: unknown, action: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new ClientError("client/disk-full", `${action}: the disk is full`, { cause: error });
}
