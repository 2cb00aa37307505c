// The functions of WASI preview 1 that a command over files needs, declared by hand.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md

/** 0, or why a call failed. */
export type Errno = i32;
export type Fd = u32;

export const STDOUT: Fd = 1;
export const STDERR: Fd = 2;
/** File descriptors from here on are the folders that the host opened for us. */
export const FIRST_PREOPEN: Fd = 3;

export const O_CREAT: u32 = 1;
export const O_TRUNC: u32 = 8;
export const RIGHT_FD_READ: u64 = 1 << 1;
export const RIGHT_FD_WRITE: u64 = 1 << 6;

@external("wasi_snapshot_preview1", "args_sizes_get")
export declare function argsSizesGet(count: usize, bytes: usize): Errno;

@external("wasi_snapshot_preview1", "args_get")
export declare function argsGet(pointers: usize, bytes: usize): Errno;

@external("wasi_snapshot_preview1", "fd_prestat_get")
export declare function fdPrestatGet(fd: Fd, prestat: usize): Errno;

@external("wasi_snapshot_preview1", "fd_prestat_dir_name")
export declare function fdPrestatDirName(fd: Fd, path: usize, length: usize): Errno;

@external("wasi_snapshot_preview1", "path_open")
export declare function pathOpen(
  folder: Fd,
  lookupFlags: u32,
  path: usize,
  pathLength: usize,
  openFlags: u32,
  rights: u64,
  inheritedRights: u64,
  fdFlags: u32,
  fd: usize,
): Errno;

@external("wasi_snapshot_preview1", "fd_read")
export declare function fdRead(fd: Fd, vectors: usize, count: usize, read: usize): Errno;

@external("wasi_snapshot_preview1", "fd_write")
export declare function fdWrite(fd: Fd, vectors: usize, count: usize, written: usize): Errno;

@external("wasi_snapshot_preview1", "fd_close")
export declare function fdClose(fd: Fd): Errno;

@external("wasi_snapshot_preview1", "proc_exit")
export declare function procExit(code: i32): void;
