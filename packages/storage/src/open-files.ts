import type { FileHandle } from "node:fs/promises";

/** Files that stay open between uses, the least recently used of which are closed. */
export interface OpenFiles {
  /** Runs `action` on the file at `path`, which nobody closes meanwhile. */
  use<T>(path: string, action: (handle: FileHandle) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

interface OpenFile {
  readonly handle: Promise<FileHandle>;
  users: number;
  isDropped: boolean;
}

/** Keeps up to `limit` unused files open that `open` has opened. */
export function createOpenFiles(open: (path: string) => Promise<FileHandle>, limit: number): OpenFiles {
  const files = new Map<string, OpenFile>();

  const drop = async (path: string, file: OpenFile): Promise<void> => {
    if (files.get(path) === file) files.delete(path);
    file.isDropped = true;
    if (file.users === 0) await closeQuietly(file.handle);
  };
  return {
    async use(path, action) {
      const file = files.get(path) ?? { handle: open(path), users: 0, isDropped: false };
      files.delete(path);
      files.set(path, file);
      file.users += 1;
      try {
        return await action(await file.handle);
      } catch (error) {
        file.isDropped = true;
        throw error;
      } finally {
        file.users -= 1;
        const [oldest] = [...files].filter(([, other]) => other.users === 0);
        if (files.size > limit && oldest !== undefined) await drop(...oldest);
        if (file.isDropped) await drop(path, file);
      }
    },
    async close(): Promise<void> {
      for (const [path, file] of files) await drop(path, file);
    },
  };
}

async function closeQuietly(handle: Promise<FileHandle>): Promise<void> {
  const opened = await handle.catch(() => undefined);
  await opened?.close();
}
