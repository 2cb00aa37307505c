/** Error numbers of WASI preview 1 (`wasi_snapshot_preview1`, typenames `errno`). */
export const ERRNO = {
  success: 0,
  badf: 8,
  busy: 10,
  exist: 20,
  fault: 21,
  fbig: 22,
  ilseq: 25,
  inval: 28,
  io: 29,
  isdir: 31,
  loop: 32,
  mfile: 33,
  nametoolong: 37,
  noent: 44,
  nomem: 48,
  nospc: 51,
  nosys: 52,
  notdir: 54,
  notempty: 55,
  notsock: 57,
  perm: 63,
  rofs: 69,
  spipe: 70,
  xdev: 75,
  notcapable: 76,
} as const;
export type Errno = (typeof ERRNO)[keyof typeof ERRNO];

/** What a descriptor may be used for, one bit each (typename `rights`). */
export const RIGHTS = {
  fdDatasync: 1 << 0,
  fdRead: 1 << 1,
  fdSeek: 1 << 2,
  fdFdstatSetFlags: 1 << 3,
  fdSync: 1 << 4,
  fdTell: 1 << 5,
  fdWrite: 1 << 6,
  fdAdvise: 1 << 7,
  fdAllocate: 1 << 8,
  pathCreateDirectory: 1 << 9,
  pathCreateFile: 1 << 10,
  pathLinkSource: 1 << 11,
  pathLinkTarget: 1 << 12,
  pathOpen: 1 << 13,
  fdReaddir: 1 << 14,
  pathReadlink: 1 << 15,
  pathRenameSource: 1 << 16,
  pathRenameTarget: 1 << 17,
  pathFilestatGet: 1 << 18,
  pathFilestatSetSize: 1 << 19,
  pathFilestatSetTimes: 1 << 20,
  fdFilestatGet: 1 << 21,
  fdFilestatSetSize: 1 << 22,
  fdFilestatSetTimes: 1 << 23,
  pathSymlink: 1 << 24,
  pathRemoveDirectory: 1 << 25,
  pathUnlinkFile: 1 << 26,
  pollFdReadwrite: 1 << 27,
} as const;

/** All that can be done with a regular file. */
export const FILE_RIGHTS =
  RIGHTS.fdDatasync |
  RIGHTS.fdRead |
  RIGHTS.fdSeek |
  RIGHTS.fdFdstatSetFlags |
  RIGHTS.fdSync |
  RIGHTS.fdTell |
  RIGHTS.fdWrite |
  RIGHTS.fdAdvise |
  RIGHTS.fdAllocate |
  RIGHTS.fdFilestatGet |
  RIGHTS.fdFilestatSetSize |
  RIGHTS.fdFilestatSetTimes |
  RIGHTS.pollFdReadwrite;

/** All that can be done with a folder. */
export const FOLDER_RIGHTS =
  RIGHTS.fdFdstatSetFlags |
  RIGHTS.fdSync |
  RIGHTS.fdAdvise |
  RIGHTS.pathCreateDirectory |
  RIGHTS.pathCreateFile |
  RIGHTS.pathLinkSource |
  RIGHTS.pathLinkTarget |
  RIGHTS.pathOpen |
  RIGHTS.fdReaddir |
  RIGHTS.pathReadlink |
  RIGHTS.pathRenameSource |
  RIGHTS.pathRenameTarget |
  RIGHTS.pathFilestatGet |
  RIGHTS.pathFilestatSetSize |
  RIGHTS.pathFilestatSetTimes |
  RIGHTS.fdFilestatGet |
  RIGHTS.fdFilestatSetTimes |
  RIGHTS.pathSymlink |
  RIGHTS.pathRemoveDirectory |
  RIGHTS.pathUnlinkFile;

/** What a descriptor on which one of these is asked for would change the file. */
export const WRITING_RIGHTS = RIGHTS.fdWrite | RIGHTS.fdAllocate | RIGHTS.fdFilestatSetSize;

/** Typename `filetype`. */
export const FILE_TYPE = { unknown: 0, folder: 3, file: 4, link: 7 } as const;
/** Typename `fdflags`. */
export const FD_FLAGS = { append: 1, all: 31 } as const;
/** Typename `oflags`. */
export const OPEN_FLAGS = { create: 1, folder: 2, exclusive: 4, truncate: 8, all: 15 } as const;
/** Typename `lookupflags`. */
export const LOOKUP_FOLLOW = 1;
/** Typename `fstflags`. */
export const TIME_FLAGS = { accessed: 1, accessedNow: 2, modified: 4, modifiedNow: 8 } as const;
/** Typename `whence`. */
export const WHENCE = { set: 0, current: 1, end: 2 } as const;
/** Typename `eventtype`. */
export const EVENT_TYPE = { clock: 0, read: 1, write: 2 } as const;
