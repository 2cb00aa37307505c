import { mkdir, mkdtemp, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { CallOptions, ReadableVolume, VolumeEntry } from "@gadus/protocol";
import { openBlockSpool } from "./block-spool.ts";
import { parseCid } from "./parse-cid.ts";
import { readCar } from "./read-car.ts";
import { StorageError } from "./storage-error.ts";
import { orFull } from "./storage-full.ts";
import { createUnixfsVolume } from "./unixfs-volume.ts";

/** Of a file, this much is in memory. */
const WINDOW_BYTES = 4 * 1024 * 1024;

/** What was unpacked. */
export interface Unpacked {
  readonly files: number;
  readonly sizeBytes: number;
}

/**
 * Unpacks the tree under `cid` from a CAR into `targetFolder`, every block checked against its CID.
 *
 * The target appears once all is there; where anything fails nothing is left. A `cid` that is one file becomes a
 * file of that name in the folder. Symbolic links are left out.
 *
 * @throws {StorageError} `storage/not-allowed` for a target that holds something or a name that can't be a file's,
 * `storage/invalid-block`, `storage/not-readable`, `storage/not-found`, `storage/full`
 * @throws the signal's reason, if `signal` aborts
 */
export async function unpackCar(
  stream: AsyncIterable<Uint8Array>,
  cid: string,
  targetFolder: string,
  options: CallOptions = {},
): Promise<Unpacked> {
  options.signal?.throwIfAborted();
  const root = parseCid(cid);
  const target = resolve(targetFolder);
  await checkTarget(target);
  await mkdir(dirname(target), { recursive: true });
  const draft = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    const spool = await openBlockSpool(join(draft, "blocks"));
    try {
      for await (const block of readCar(stream, root)) {
        options.signal?.throwIfAborted();
        await spool.append(block.cid, block.bytes);
      }
      const volume = createUnixfsVolume(root, (wanted) => spool.get(wanted));
      const tree = join(draft, "tree");
      await mkdir(tree);
      const unpacked = await writeRoot(volume, root.toString(), tree, options);
      await rename(tree, target);
      return unpacked;
    } finally {
      await spool.close();
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    return orFull(`unpack "${cid}" into "${targetFolder}"`)(error);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function checkTarget(target: string): Promise<void> {
  const found = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    if (error.code === "ENOTDIR") return ["itself"];
    throw error;
  });
  if (found.length === 0) return;
  throw new StorageError(
    "storage/not-allowed",
    `Cannot unpack into "${target}": something is there already`,
    {
      hint: "Name a folder that doesn't exist yet, or is empty.",
    },
  );
}

async function writeRoot(
  volume: ReadableVolume,
  name: string,
  into: string,
  options: CallOptions,
): Promise<Unpacked> {
  const entry = await volume.stat("", options);
  if (entry === undefined) {
    throw new StorageError("storage/not-readable", `Cannot unpack "${name}": it is neither file nor folder`);
  }
  if (entry.kind === "folder") return writeFolder(volume, "", into, options);
  await writeFile(volume, entry, join(into, name), options);
  return { files: 1, sizeBytes: entry.sizeBytes };
}

async function writeFolder(
  volume: ReadableVolume,
  path: string,
  into: string,
  options: CallOptions,
): Promise<Unpacked> {
  let [files, sizeBytes] = [0, 0];
  for await (const entry of volume.list(path, options)) {
    options.signal?.throwIfAborted();
    const name = checkName(entry.path);
    if (entry.kind === "folder") {
      await mkdir(join(into, name));
      const below = await writeFolder(volume, entry.path, join(into, name), options);
      files += below.files;
      sizeBytes += below.sizeBytes;
    } else {
      await writeFile(volume, entry, join(into, name), options);
      files += 1;
      sizeBytes += entry.sizeBytes;
    }
  }
  return { files, sizeBytes };
}

async function writeFile(
  volume: ReadableVolume,
  entry: VolumeEntry,
  target: string,
  options: CallOptions,
): Promise<void> {
  const file = await open(target, "wx");
  try {
    for (let offset = 0; offset < entry.sizeBytes; offset += WINDOW_BYTES) {
      options.signal?.throwIfAborted();
      await file.writeFile(await volume.read(entry.path, offset, WINDOW_BYTES, options));
    }
  } finally {
    await file.close();
  }
}

function checkName(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (!/[\u0000-\u001f\u007f]/u.test(name) && name !== "." && name !== ".." && name !== "") return name;
  throw new StorageError(
    "storage/not-allowed",
    `Cannot unpack ${JSON.stringify(path)}: no file may have that name`,
  );
}
