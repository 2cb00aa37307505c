/** An execution that held less is left to the engine, which frees what is dropped when it sees fit. */
const MIN_BYTES = 16 * 1024 * 1024;

export function isWorthReclaiming(sizeBytes: number): boolean {
  return sizeBytes >= MIN_BYTES;
}

/**
 * Gives back what was dropped on this thread, as soon as what runs now has ended.
 *
 * The engine counts objects: it may keep a gigabyte that hangs on one of them as long as a thread has little else to
 * do.
 */
export function reclaimMemory(): void {
  setImmediate(() => globalThis.gc?.());
}
