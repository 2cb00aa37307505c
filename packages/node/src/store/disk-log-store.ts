import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { followJournal, JournalNews, type LogStore } from "@gadus/compute";
import type { Clock, OutputName } from "@gadus/protocol";
import { openJournal } from "./disk-journal.ts";
import { END_RECORD, recordsOf } from "./journal-records.ts";

const SUFFIX = ".log";
/** What a file takes of the disk at least, and in steps of what. */
const DISK_BLOCK_BYTES = 4096;
/** Files that are removed in one turn of the event loop. */
const REMOVALS_A_TURN = 50;
/** Files that are looked at side by side when the store is opened. */
const STATS = 64;

interface Ended {
  readonly bytes: number;
  readonly endedAtMs: number;
}

interface Begun {
  readonly file: number;
  bytes: number;
}

/**
 * Logs as files in the folder `path`, which is made if need be and holds nothing else: one a journal.
 *
 * Nothing is synced. Of a journal that has begun its file is open; of others only a line in memory is kept.
 */
export async function openDiskLogStore(path: string, clock: Clock): Promise<LogStore> {
  await mkdir(path, { recursive: true });
  const fileOf = (key: string): string => join(path, `${encodeURIComponent(key)}${SUFFIX}`);
  const begun = new Map<string, Begun>();
  /** In the order of their ends. */
  const ended = await readFolder(path);
  const news = new JournalNews();
  let endedBytes = Array.from(ended.values()).reduce((sum, { bytes }) => sum + bytes, 0);

  function forget(key: string): void {
    endedBytes -= ended.get(key)?.bytes ?? 0;
    ended.delete(key);
    const open = begun.get(key);
    if (open !== undefined) closeSync(open.file);
    begun.delete(key);
  }

  function write(entry: Begun, bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) from += writeSync(entry.file, bytes, from);
    entry.bytes += bytes.length;
  }

  return {
    begin(key) {
      // A file of its own: who reads the earlier one must not see it change.
      if (begun.has(key) || ended.has(key)) unlink(fileOf(key));
      forget(key);
      begun.set(key, { file: openSync(fileOf(key), "wx"), bytes: 0 });
      news.tell(key, "begun");
    },
    append(key, stream: OutputName, bytes) {
      const entry = begun.get(key);
      if (entry === undefined || bytes.length === 0) return;
      write(entry, recordsOf(stream, bytes));
      news.tell(key, "more");
    },
    end(key) {
      const entry = begun.get(key);
      if (entry !== undefined) {
        try {
          write(entry, END_RECORD);
        } catch {
          // Without it the next process takes the journal for one that a kill cut off: it reads the same.
        }
        forget(key);
        const bytes = onDisk(entry.bytes);
        ended.set(key, { bytes, endedAtMs: clock.nowMs() });
        endedBytes += bytes;
      }
      news.tell(key, "ended");
    },
    has: (key) => begun.has(key) || ended.has(key),
    read: (key, options) =>
      followJournal(key, options, news, async (offset) => {
        const file = await openIfThere(fileOf(key));
        return file && openJournal(file, offset);
      }),
    async purge({ beforeMs, maxBytes, maxJournals }) {
      const begunBytes = Array.from(begun.values()).reduce((sum, { bytes }) => sum + bytes, 0);
      let removed = 0;
      for (const [key, { endedAtMs }] of ended) {
        const fits = endedBytes + begunBytes <= maxBytes && ended.size <= maxJournals;
        if (endedAtMs >= beforeMs && fits) return;
        forget(key);
        unlink(fileOf(key));
        removed += 1;
        if (removed % REMOVALS_A_TURN === 0) await nextTurn();
      }
    },
    close() {
      for (const { file } of begun.values()) closeSync(file);
      begun.clear();
    },
  };
}

async function readFolder(path: string): Promise<Map<string, Ended>> {
  const names = (await readdir(path)).filter((name) => name.endsWith(SUFFIX));
  const found: [string, Ended][] = [];
  for (let from = 0; from < names.length; from += STATS) {
    const looks = names.slice(from, from + STATS).map(async (name) => {
      const { size, mtimeMs } = await stat(join(path, name));
      const key = decodeURIComponent(name.slice(0, -SUFFIX.length));
      found.push([key, { bytes: onDisk(size), endedAtMs: mtimeMs }]);
    });
    await Promise.all(looks);
  }
  return new Map(found.sort(([, a], [, b]) => a.endedAtMs - b.endedAtMs));
}

function onDisk(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / DISK_BLOCK_BYTES)) * DISK_BLOCK_BYTES;
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function unlink(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
