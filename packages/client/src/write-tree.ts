import { type FileHandle, mkdir, open, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { ClientError } from "./client-error.ts";
import { type UnixfsNode, unreadable } from "./unixfs-node.ts";

/** Entries of one folder, at most. */
const MAX_FOLDER_ENTRIES = 100_000;
/** Entries of one tree, at most: folders that share folders may have more than any disk holds. */
const MAX_TREE_ENTRIES = 1_000_000;
/** Blocks on the way from the root to a leaf, at most: folders in folders, and parts of one file or folder. */
const MAX_DEPTH = 256;

type FileNode = Extract<UnixfsNode, { kind: "file" }>;
type FolderNode = Extract<UnixfsNode, { kind: "folder" | "shard" }>;

/** What was unpacked. */
export interface Unpacked {
  readonly files: number;
  readonly sizeBytes: number;
}

/** A node of a tree that has arrived. */
export type LoadNode = (cid: CID) => Promise<UnixfsNode>;

/**
 * Writes the tree under `root` into the folder `into`, which is empty: a folder's content, or a file as `fileName`, its
 * CID by default. Symbolic links are left out.
 *
 * @throws {ClientError} `client/not-readable`, `client/not-allowed` for a name that no file may have,
 * `client/disk-full`, before anything is written, where the disk hasn't the room
 */
export async function writeTree(
  load: LoadNode,
  root: CID,
  into: string,
  fileName = root.toString(),
): Promise<Unpacked> {
  const node = await load(root);
  if (node.kind === "other") {
    const name = root.toString();
    throw new ClientError("client/not-readable", `Cannot unpack "${name}": it is neither file nor folder`);
  }
  const { entries, sizeBytes } = await measure(load, root, new Map());
  if (entries > MAX_TREE_ENTRIES)
    throw unreadable(root, `its tree has more than ${MAX_TREE_ENTRIES} entries`);
  await checkRoom(root, into, sizeBytes);
  if (node.kind === "file") return await writeFile(load, root, node, join(into, fileName));
  return await writeFolder(load, node, into, 0);
}

interface Measure {
  readonly entries: number;
  readonly sizeBytes: number;
}

/**
 * Files and folders of a tree, and the bytes of its files, those that are there twice counted twice, in the time that
 * reading its blocks takes.
 */
async function measure(load: LoadNode, cid: CID, known: Map<string, Measure>, depth = 0): Promise<Measure> {
  const key = cid.toString();
  const before = known.get(key);
  if (before !== undefined) return before;
  if (depth > MAX_DEPTH) throw unreadable(cid, `folders are nested deeper than ${MAX_DEPTH}`);
  const node = await load(cid);
  let [entries, sizeBytes] = [1, node.kind === "file" ? node.sizeBytes : 0];
  if (node.kind === "folder" || node.kind === "shard") {
    for (const below of (await entriesOf(load, node)).values()) {
      const each = await measure(load, below, known, depth + 1);
      entries += each.entries;
      sizeBytes += each.sizeBytes;
    }
  }
  known.set(key, { entries, sizeBytes });
  return { entries, sizeBytes };
}

/** A few blocks can be a file, or files, without end, by being in it again and again. */
async function checkRoom(root: CID, into: string, sizeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(into);
  if (sizeBytes <= bavail * bsize) return;
  const state = `it has ${sizeBytes} bytes, and the disk has room for ${bavail * bsize}`;
  throw new ClientError("client/disk-full", `Cannot unpack "${root.toString()}": ${state}`, {
    hint: "Name a folder on another disk, or a path within it.",
  });
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
export async function entriesOf(load: LoadNode, folder: FolderNode): Promise<ReadonlyMap<string, CID>> {
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

/** `name`, if a file may have it. @throws {ClientError} `client/not-allowed` */
export function checkName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (!/[\u0000-\u001f\u007f/]/u.test(name) && name !== "." && name !== ".." && name !== "") return name;
  throw new ClientError(
    "client/not-allowed",
    `Cannot unpack ${JSON.stringify(name)}: no file may have that name`,
  );
}
