import type { Announcement, Clock } from "@gadus/protocol";

/** Authors whose last sequence number is remembered. */
const MAX_KNOWN_AUTHORS = 10_000;

/** Remembers the newest announcement of each author, so that older ones and repetitions are dropped. */
export interface AnnouncementBook {
  /**
   * Whether `announcement` is newer than any before of `author` (it counts as seen from then on), the newest again,
   * or older.
   *
   * Where the book is full, an author whose announcement has expired makes room; if there is none, an author that
   * is connected (`direct`) displaces the one that expires first, and any other is refused.
   */
  admit(author: string, announcement: Announcement, direct: boolean): Novelty;
}

export type Novelty = "news" | "repetition" | "stale";

interface Entry {
  readonly sequence: number;
  readonly expiresAtMs: number;
}

export function createAnnouncementBook(clock: Clock, maxAuthors = MAX_KNOWN_AUTHORS): AnnouncementBook {
  const entries = new Map<string, Entry>();

  function makeRoom(direct: boolean): boolean {
    if (entries.size < maxAuthors) return true;
    let first: string | undefined;
    let firstMs = Number.POSITIVE_INFINITY;
    for (const [author, { expiresAtMs }] of entries) {
      if (expiresAtMs < firstMs) [first, firstMs] = [author, expiresAtMs];
    }
    if (first === undefined || (firstMs > clock.nowMs() && !direct)) return false;
    return entries.delete(first);
  }

  return {
    admit(author, { sequence, ttlMs }, direct) {
      const known = entries.get(author);
      if (known === undefined && !makeRoom(direct)) return "stale";
      if (known !== undefined && sequence <= known.sequence) {
        return sequence === known.sequence ? "repetition" : "stale";
      }
      entries.set(author, { sequence, expiresAtMs: clock.nowMs() + ttlMs });
      return "news";
    },
  };
}
