import { Fd, fdWrite, procExit, STDERR } from "./wasi";

/** Writes all of `text`, as UTF-8, to an open file. */
export function writeText(fd: Fd, text: string): void {
  const bytes = String.UTF8.encode(text);
  const vector = memory.data(12);
  let written: u32 = 0;
  while (written < <u32>bytes.byteLength) {
    store<u32>(vector, <u32>changetype<usize>(bytes) + written, 0);
    store<u32>(vector, bytes.byteLength - written, 4);
    // A message that can't be written can't be reported either: end as a full disk would end us.
    if (fdWrite(fd, vector, 1, vector + 8) != 0) unreachable();
    written += load<u32>(vector, 8);
  }
}

/** Says why on standard error and ends the process with exit code 1. */
export function fail(message: string): void {
  writeText(STDERR, message + "\n");
  procExit(1);
}

/** What the compiler calls when an assertion of its runtime or of ours does not hold. */
export function onAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  const why = message === null ? "aborted" : message;
  const where = file === null ? "" : ` (${file}:${line}:${column})`;
  fail(why + where);
}
