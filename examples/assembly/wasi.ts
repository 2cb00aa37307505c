// The few functions of WASI preview 1 that these examples need.

@external("wasi_snapshot_preview1", "args_sizes_get")
export declare function argsSizesGet(count: usize, bytes: usize): i32;
@external("wasi_snapshot_preview1", "args_get")
export declare function argsGet(table: usize, text: usize): i32;
@external("wasi_snapshot_preview1", "path_open")
export declare function pathOpen(
  folder: u32,
  lookup: u32,
  path: usize,
  length: usize,
  flags: u32,
  rights: u64,
  inheriting: u64,
  fdFlags: u32,
  fd: usize,
): i32;
@external("wasi_snapshot_preview1", "fd_read")
export declare function fdRead(fd: u32, parts: usize, count: usize, done: usize): i32;
@external("wasi_snapshot_preview1", "fd_write")
export declare function fdWrite(fd: u32, parts: usize, count: usize, done: usize): i32;
@external("wasi_snapshot_preview1", "proc_exit")
export declare function procExit(code: i32): void;

const ROOT: u32 = 3;
const CREATE_AND_EMPTY: u32 = 1 | 8;
const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;
const BLOCK: i32 = 65536;

/** The arguments, without the program's own name. */
export function programArguments(): string[] {
  const sizes = new StaticArray<u32>(2);
  argsSizesGet(changetype<usize>(sizes), changetype<usize>(sizes) + 4);
  const table = new StaticArray<u32>(sizes[0]);
  const text = new ArrayBuffer(sizes[1]);
  argsGet(changetype<usize>(table), changetype<usize>(text));
  const all: string[] = [];
  const end = changetype<usize>(text) + sizes[1];
  for (let i: u32 = 1; i < sizes[0]; i++) all.push(String.UTF8.decodeUnsafe(table[i], end - table[i], true));
  return all;
}

/** Reads a file, by its path from the root. */
export function readFile(path: string): string {
  const fd = open(path, 0, READ);
  const block = new ArrayBuffer(BLOCK);
  const part = new StaticArray<u32>(2);
  const done = new StaticArray<u32>(1);
  part[0] = changetype<u32>(block);
  part[1] = BLOCK;
  let bytes = new Uint8Array(0);
  do {
    if (fdRead(fd, changetype<usize>(part), 1, changetype<usize>(done))) fail("Cannot read " + path);
    const longer = new Uint8Array(bytes.length + done[0]);
    longer.set(bytes);
    longer.set(Uint8Array.wrap(block, 0, done[0]), bytes.length);
    bytes = longer;
  } while (done[0] > 0);
  return String.UTF8.decode(bytes.buffer);
}

/** Writes a file whole, by its path from the root. */
export function writeFile(path: string, text: string): void {
  write(open(path, CREATE_AND_EMPTY, WRITE), text);
}

/** Prints to standard output. */
export function print(text: string): void {
  write(1, text + "\n");
}

/** Prints why to standard error, and ends with exit code 1. */
export function fail(why: string): void {
  write(2, why + "\n");
  procExit(1);
}

/** What the compiler calls where the program gives up. */
export function onAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  const what = message === null ? "aborted" : message;
  const where = file === null ? "unknown" : file;
  fail(what + " at " + where + ":" + line.toString() + ":" + column.toString());
}

function open(path: string, flags: u32, rights: u64): u32 {
  const name = String.UTF8.encode(path.startsWith("/") ? path.slice(1) : path);
  const fd = new StaticArray<u32>(1);
  const error = pathOpen(
    ROOT, 1, changetype<usize>(name), name.byteLength, flags, rights, 0, 0, changetype<usize>(fd),
  );
  if (error) fail("Cannot open " + path + ": error " + error.toString());
  return fd[0];
}

function write(fd: u32, text: string): void {
  const bytes = String.UTF8.encode(text);
  const part = new StaticArray<u32>(2);
  const done = new StaticArray<u32>(1);
  for (let at: u32 = 0; at < <u32>bytes.byteLength; at += done[0]) {
    part[0] = changetype<u32>(bytes) + at;
    part[1] = bytes.byteLength - at;
    if (fdWrite(fd, changetype<usize>(part), 1, changetype<usize>(done))) procExit(1);
  }
}
