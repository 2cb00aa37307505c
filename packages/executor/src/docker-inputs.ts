import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import type { CallOptions } from "@gadus/protocol";
import type { Mount } from "./docker-container.ts";
import { ExecutorError } from "./executor-error.ts";
import type { MountedInput } from "./executor.ts";

const READ_BYTES = 1024 * 1024;
/** Whoever a container runs as may read an input, and run a program in it; the mount lets nobody write. */
const FILE_MODE = 0o755;
const FOLDER_MODE = 0o755;
const MAX_FILES = 1_000_000;

/**
 * Copies inputs into `folder`, as mounts of a container; together they have `maxBytes` at most.
 *
 * @throws {ExecutorError} `executor/limit-exceeded`, blaming the job, for more
 */
export async function layOutInputs(
  inputs: readonly MountedInput[],
  folder: string,
  maxBytes: number,
  { signal }: CallOptions,
): Promise<readonly Mount[]> {
  const budget: Budget = { maxBytes, bytesLeft: maxBytes, filesLeft: MAX_FILES };
  const mounts: { readonly hostPath: string; readonly target: string; readonly isFolder: boolean }[] = [];
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  for (const [index, input] of inputs.entries()) {
    const hostPath = join(folder, String(index));
    const isFolder = await copyEntry({ input, budget, ...(signal && { signal }) }, "", hostPath);
    mounts.push({ hostPath, target: input.target, isFolder });
  }
  // A mount inside another finds a place there: that one can't be written any more.
  for (const inner of mounts) {
    const outer = mounts
      .filter(({ target }) => inner.target.startsWith(`${target}/`))
      .toSorted((a, b) => b.target.length - a.target.length)[0];
    if (outer === undefined) continue;
    const place = join(outer.hostPath, inner.target.slice(outer.target.length + 1));
    try {
      await mkdir(inner.isFolder ? place : join(place, ".."), { recursive: true });
      if (!inner.isFolder) await (await open(place, "a", FILE_MODE)).close();
    } catch (cause) {
      throw new ExecutorError(
        "executor/invalid-params",
        `Cannot mount "${inner.target}": the input at "${outer.target}" has something else there`,
        { blame: "job", cause },
      );
    }
  }
  return mounts
    .toSorted((a, b) => a.target.length - b.target.length)
    .map(({ hostPath, target }) => ({ hostPath, target, writable: false }));
}

interface Budget {
  readonly maxBytes: number;
  bytesLeft: number;
  filesLeft: number;
}

interface Copy {
  readonly input: MountedInput;
  readonly budget: Budget;
  readonly signal?: AbortSignal;
}

/** Copies what is at `path` of an input to `hostPath`; answers whether that is a folder. */
async function copyEntry(copy: Copy, path: string, hostPath: string): Promise<boolean> {
  const { input, budget, signal } = copy;
  const options = signal === undefined ? {} : { signal };
  const entry = await orInputFailed(input, () => input.volume.stat(path, options), signal);
  if (entry === undefined) throw inputFailed(input, `there is nothing at "${path}"`);
  budget.filesLeft -= 1;
  if (budget.filesLeft < 0) throw overLimit(`more than ${MAX_FILES} files`);
  if (entry.kind === "file") {
    budget.bytesLeft -= entry.sizeBytes;
    if (budget.bytesLeft < 0) throw overLimit(`more than ${budget.maxBytes} bytes`);
    await copyFile(copy, { path, sizeBytes: entry.sizeBytes }, hostPath);
    return false;
  }
  await mkdir(hostPath, { mode: FOLDER_MODE });
  const children: string[] = [];
  for await (const child of input.volume.list(path, options)) children.push(child.path);
  for (const child of children) {
    const name = child.slice(child.lastIndexOf("/") + 1);
    if (name === "" || name === "." || name === ".." || name.includes("\0")) {
      throw inputFailed(input, `it holds a name that no folder can have`);
    }
    await copyEntry(copy, child, join(hostPath, name));
  }
  return true;
}

async function copyFile(
  { input, signal }: Copy,
  { path, sizeBytes }: { readonly path: string; readonly sizeBytes: number },
  hostPath: string,
): Promise<void> {
  const file = await open(hostPath, "wx", FILE_MODE);
  try {
    for (let offset = 0; offset < sizeBytes; ) {
      const length = Math.min(READ_BYTES, sizeBytes - offset);
      const bytes = await orInputFailed(
        input,
        () => input.volume.read(path, offset, length, signal === undefined ? {} : { signal }),
        signal,
      );
      if (bytes.length === 0) throw inputFailed(input, `"${path}" is shorter than it was said to be`);
      await file.writeFile(bytes);
      offset += bytes.length;
    }
  } finally {
    await file.close();
  }
}

async function orInputFailed<T>(
  input: MountedInput,
  read: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    signal?.throwIfAborted();
    throw inputFailed(input, error instanceof Error ? error.message : String(error), error);
  }
}

function inputFailed({ target }: MountedInput, state: string, cause?: unknown): ExecutorError {
  return new ExecutorError("executor/input-failed", `Cannot read the input at "${target}": ${state}`, {
    cause,
  });
}

function overLimit(state: string): ExecutorError {
  return new ExecutorError("executor/limit-exceeded", `Cannot present the inputs: they have ${state}`, {
    blame: "job",
    field: "Tasks[0].Resources.Disk",
    hint: "Ask for more disk: a container's inputs are copied for it, and count with its results.",
  });
}
