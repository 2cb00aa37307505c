import { type Clock, MAX_LOG_BYTES } from "@gadus/protocol";
import { followJournal, type JournalCursor, JournalNews } from "./follow-journal.ts";
import type { LogChunk, LogStore } from "./log-store.ts";

interface Journal {
  readonly chunks: LogChunk[];
  sizeBytes: number;
  endedAtMs: number | undefined;
}

/** A log store that forgets everything when its process ends: for tests and simulation. */
export function createMemoryLogStore(clock: Clock): LogStore {
  /** Those that have ended in the order of their ends, among the others. */
  const journals = new Map<string, Journal>();
  const news = new JournalNews();

  return {
    begin(key) {
      journals.set(key, { chunks: [], sizeBytes: 0, endedAtMs: undefined });
      news.tell(key, "begun");
    },
    append(key, stream, bytes) {
      const journal = journals.get(key);
      if (journal === undefined || journal.endedAtMs !== undefined) return;
      for (let from = 0; from < bytes.length; from += MAX_LOG_BYTES) {
        const part = bytes.slice(from, from + MAX_LOG_BYTES);
        journal.chunks.push({ stream, offset: journal.sizeBytes, bytes: part });
        journal.sizeBytes += part.length;
      }
      news.tell(key, "more");
    },
    end(key) {
      const journal = journals.get(key);
      if (journal !== undefined && journal.endedAtMs === undefined) {
        journal.endedAtMs = clock.nowMs();
        journals.delete(key);
        journals.set(key, journal);
      }
      news.tell(key, "ended");
    },
    has: (key) => journals.has(key),
    read: (key, options) =>
      followJournal(key, options, news, async (offset) => {
        const journal = journals.get(key);
        return journal && cursorOf(journal, offset);
      }),
    async purge({ beforeMs, maxBytes, maxJournals }) {
      const ended = [...journals].filter(([, { endedAtMs }]) => endedAtMs !== undefined);
      let count = ended.length;
      let total = Array.from(journals.values()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      for (const [key, { endedAtMs = 0, sizeBytes }] of ended) {
        if (endedAtMs >= beforeMs && total <= maxBytes && count <= maxJournals) return;
        journals.delete(key);
        total -= sizeBytes;
        count -= 1;
      }
    },
    close() {},
  };
}

function cursorOf(journal: Journal, fromBytes: number): JournalCursor {
  let index = 0;
  return {
    async next() {
      for (let chunk = journal.chunks[index]; chunk !== undefined; chunk = journal.chunks[index]) {
        index += 1;
        const skipped = Math.max(0, fromBytes - chunk.offset);
        if (skipped >= chunk.bytes.length) continue;
        return { ...chunk, offset: chunk.offset + skipped, bytes: chunk.bytes.slice(skipped) };
      }
      return journal.endedAtMs === undefined ? "more" : "ended";
    },
    async close() {},
  };
}
