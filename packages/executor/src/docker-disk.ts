import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { ExecutorError } from "./executor-error.ts";

/** What an execution may write. */
export interface DiskLimits {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** What is written to a container, looked at now and then; a storage driver without quotas enforces nothing. */
export interface DiskWatch {
  stop(): void;
}

/** At first, and at most, between two looks. */
const FIRST_LOOK_MS = 250;
const LOOK_MS = 1_000;
const MAX_LOOK_MS = 5_000;
/** A look takes no more than this share of the time, where that is often enough. */
const SHARE = 0.1;
/** Entries that are looked at side by side. */
const BATCH = 64;

/** Looks at `folders`, and at what `layerBytes` says, until `stop`; calls `exceeded` once there is too much. */
export function watchDisk(
  folders: readonly string[],
  layerBytes: (() => Promise<number>) | undefined,
  { maxBytes, maxFiles }: DiskLimits,
  exceeded: (error: ExecutorError) => void,
): DiskWatch {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const startedMs = performance.now();
    const used: Usage = { bytes: layerBytes === undefined ? 0 : await layerBytes(), files: 0 };
    for (const folder of folders) await measure(folder, used, { maxBytes, maxFiles });
    if (stopped) return;
    if (used.bytes > maxBytes) return exceeded(overDisk(`it wrote more than ${maxBytes} bytes`));
    if (used.files > maxFiles) return exceeded(overDisk(`it made more than ${maxFiles} files`));
    schedule(Math.min(MAX_LOOK_MS, Math.max(LOOK_MS, (performance.now() - startedMs) / SHARE)));
  };
  const schedule = (delayMs: number): void => {
    // A look that fails says nothing of the disk: the next one may.
    timer = setTimeout(() => void look().catch(() => !stopped && schedule(LOOK_MS)), delayMs);
    timer.unref();
  };
  if (folders.length > 0 || layerBytes !== undefined) schedule(FIRST_LOOK_MS);
  return {
    stop(): void {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

interface Usage {
  bytes: number;
  files: number;
}

/** Adds what is below `folder` to `used`, and stops where that is too much; what is gone meanwhile doesn't count. */
async function measure(folder: string, used: Usage, limits: DiskLimits): Promise<void> {
  const pending = [folder];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const entries = await opendir(path).catch(() => undefined);
    if (entries === undefined) continue;
    let batch: Promise<number>[] = [];
    for await (const entry of entries) {
      used.files += 1;
      const at = join(path, entry.name);
      if (entry.isDirectory()) pending.push(at);
      batch.push(bytesAt(at));
      if (batch.length < BATCH) continue;
      for (const bytes of await Promise.all(batch)) used.bytes += bytes;
      batch = [];
      if (used.bytes > limits.maxBytes || used.files > limits.maxFiles) return;
    }
    for (const bytes of await Promise.all(batch)) used.bytes += bytes;
    if (used.bytes > limits.maxBytes || used.files > limits.maxFiles) return;
  }
}

/** What something takes on the disk; nothing where it is gone. */
async function bytesAt(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  return (found?.blocks ?? 0) * 512;
}

/** How long the files below `folder` are together. */
export async function contentBytes(folder: string): Promise<number> {
  let bytes = 0;
  for await (const entry of await opendir(folder, { recursive: true })) {
    if (entry.isFile()) bytes += (await lstat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

function overDisk(state: string): ExecutorError {
  return new ExecutorError("executor/limit-exceeded", `Cannot finish the execution: ${state}`, {
    blame: "job",
    field: "Tasks[0].Resources.Disk",
    hint: "Ask for more disk, or write less.",
  });
}
