import type { CallOptions, ReadableVolume } from "@gadus/protocol";

/** A tree that an archive holds, below a folder of that name; `""` is the archive's root. */
export interface ArchivedTree {
  readonly folder: string;
  readonly volume: ReadableVolume;
}

const BLOCK_BYTES = 512;
const READ_BYTES = 256 * 1024;
const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;
/** What a header's own fields can say; more is in a record before it. */
const MAX_NAME_BYTES = 100;
const MAX_SIZE_BYTES = 8 ** 11 - 1;

/**
 * The trees as one archive (POSIX.1-2001 `pax`), read as it is taken.
 *
 * The same trees give the same bytes: there are no times, users or groups.
 */
export async function* tarOf(
  trees: readonly ArchivedTree[],
  options: CallOptions = {},
): AsyncGenerator<Uint8Array> {
  for (const { folder, volume } of trees) {
    if (folder !== "") yield* header(`${folder}/`, 0, "5");
    yield* folderOf("", { folder, volume }, options);
  }
  yield new Uint8Array(2 * BLOCK_BYTES);
}

async function* folderOf(path: string, tree: ArchivedTree, options: CallOptions): AsyncGenerator<Uint8Array> {
  for await (const entry of tree.volume.list(path, options)) {
    const name = tree.folder === "" ? entry.path : `${tree.folder}/${entry.path}`;
    if (entry.kind === "folder") {
      yield* header(`${name}/`, 0, "5");
      yield* folderOf(entry.path, tree, options);
    } else {
      yield* header(name, entry.sizeBytes, "0");
      yield* contentOf(tree.volume, { path: entry.path, from: 0, to: entry.sizeBytes }, options);
      yield padding(entry.sizeBytes);
    }
  }
}

/** The bytes `from` up to `to`, without that one, of a file. @throws {RangeError} where it ends before */
export async function* contentOf(
  volume: ReadableVolume,
  { path, from, to }: { readonly path: string; readonly from: number; readonly to: number },
  options: CallOptions = {},
): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to; ) {
    const bytes = await volume.read(path, at, Math.min(READ_BYTES, to - at), options);
    if (bytes.length === 0) throw new RangeError(`Cannot read "${path}": it ends at ${at} of ${to} bytes`);
    at += bytes.length;
    yield bytes;
  }
}

function* header(name: string, sizeBytes: number, type: "0" | "5" | "x"): Generator<Uint8Array> {
  const bytes = Buffer.from(name);
  const records = [
    ...(bytes.length > MAX_NAME_BYTES ? [paxRecord("path", name)] : []),
    ...(sizeBytes > MAX_SIZE_BYTES ? [paxRecord("size", String(sizeBytes))] : []),
  ];
  if (records.length > 0) {
    const body = Buffer.concat(records);
    yield* header("pax", body.length, "x");
    yield body;
    yield padding(body.length);
  }
  const block = Buffer.alloc(BLOCK_BYTES);
  bytes.copy(block, 0, 0, MAX_NAME_BYTES);
  octal(block, type === "5" ? FOLDER_MODE : FILE_MODE, 100, 8);
  octal(block, 0, 108, 8);
  octal(block, 0, 116, 8);
  octal(block, Math.min(sizeBytes, MAX_SIZE_BYTES), 124, 12);
  octal(block, 0, 136, 12);
  block.write("        ", 148);
  block.write(type, 156);
  block.write("ustar\u000000", 257);
  octal(
    block,
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  yield block;
}

function octal(block: Buffer, value: number, at: number, length: number): void {
  block.write(`${value.toString(8).padStart(length - 1, "0")}\u0000`, at);
}

/** `<length> <key>=<value>\n`, the length counting its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function padding(sizeBytes: number): Uint8Array {
  return new Uint8Array((BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES);
}
