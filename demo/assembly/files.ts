import {
  Errno,
  Fd,
  fdClose,
  fdPrestatDirName,
  fdPrestatGet,
  fdRead,
  FIRST_PREOPEN,
  O_CREAT,
  O_TRUNC,
  pathOpen,
  RIGHT_FD_READ,
  RIGHT_FD_WRITE,
} from "./wasi";
import { fail, writeText } from "./output";

const BUFFER_BYTES: i32 = 65_536;
const NO_SUCH_FILE: Errno = 44;

/** Reads a file from beginning to end through one small buffer. */
export class ByteReader {
  private buffer: StaticArray<u8> = new StaticArray<u8>(BUFFER_BYTES);
  private used: i32 = 0;
  private filled: i32 = 0;
  /** The next byte, which {@link advance} moves past; -1 at the end. */
  current: i32 = -1;
  /** Bytes that were moved past. */
  offset: i64 = -1;
  private fd: Fd;

  constructor(private path: string) {
    this.fd = open(path, 0, RIGHT_FD_READ);
    this.advance();
  }

  advance(): void {
    this.offset++;
    if (this.used == this.filled) this.fill();
    this.current = this.filled == 0 ? -1 : <i32>unchecked(this.buffer[this.used++]);
  }

  close(): void {
    fdClose(this.fd);
  }

  private fill(): void {
    const vector = memory.data(12);
    store<u32>(vector, <u32>changetype<usize>(this.buffer), 0);
    store<u32>(vector, BUFFER_BYTES, 4);
    const errno = fdRead(this.fd, vector, 1, vector + 8);
    if (errno != 0) fail(`Cannot read ${this.path}: WASI error ${errno}`);
    this.used = 0;
    this.filled = load<u32>(vector, 8);
  }
}

/** Writes `text` as the whole content of a new file. */
export function writeFile(path: string, text: string): void {
  const fd = open(path, O_CREAT | O_TRUNC, RIGHT_FD_WRITE);
  writeText(fd, text);
  fdClose(fd);
}

/** Opens an absolute path below whichever folder of the host holds it. */
function open(path: string, flags: u32, rights: u64): Fd {
  let errno: Errno = NO_SUCH_FILE;
  const fd = memory.data(4);
  for (let folder = FIRST_PREOPEN; ; folder++) {
    const name = folderName(folder);
    if (name === null) break;
    const prefix = name.endsWith("/") ? name : name + "/";
    if (!path.startsWith(prefix)) continue;
    const below = String.UTF8.encode(path.substring(prefix.length));
    const at = changetype<usize>(below);
    errno = pathOpen(folder, 0, at, below.byteLength, flags, rights, 0, 0, fd);
    if (errno == 0) return load<u32>(fd);
  }
  fail(`Cannot open ${path}: ${errno == NO_SUCH_FILE ? "no such file" : `WASI error ${errno}`}`);
  return 0;
}

function folderName(fd: Fd): string | null {
  const prestat = memory.data(8);
  if (fdPrestatGet(fd, prestat) != 0) return null;
  const length = load<u32>(prestat, 4);
  const bytes = new ArrayBuffer(length);
  if (fdPrestatDirName(fd, changetype<usize>(bytes), length) != 0) return null;
  return String.UTF8.decode(bytes);
}
