import type { LogChunk, LogReadOptions } from "./log-store.ts";

/** One journal that is read from some byte on. */
export interface JournalCursor {
  /** What comes next; `more` where there is nothing yet, `ended` where there never will be. */
  next(): Promise<LogChunk | "more" | "ended">;
  close(): Promise<void>;
}

/** Who waits for news of journals, by key. */
export class JournalNews {
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Tells those who read the journal of `key`. */
  tell(key: string, news: "begun" | "more" | "ended"): void {
    for (const listener of this.#listeners.get(key) ?? []) {
      if (news === "begun") listener.begun = true;
      if (news === "ended") listener.ended = true;
      listener.fresh = true;
      listener.wake();
    }
  }

  listen(key: string): Listener {
    const listener: Listener = { fresh: false, begun: false, ended: false, wake: () => {} };
    const all = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, all.add(listener));
    return listener;
  }

  leave(key: string, listener: Listener): void {
    const all = this.#listeners.get(key);
    all?.delete(listener);
    if (all?.size === 0) this.#listeners.delete(key);
  }
}

interface Listener {
  /** Whether anything was told since it last looked. */
  fresh: boolean;
  /** Whether the journal began anew since. */
  begun: boolean;
  ended: boolean;
  wake: () => void;
}

/**
 * The reading that every store does: `open` gives the journal that is there, from a byte on, and undefined where there
 * is none.
 */
export async function* followJournal(
  key: string,
  { fromBytes, follow, signal }: LogReadOptions,
  news: JournalNews,
  open: (offset: number) => Promise<JournalCursor | undefined>,
): AsyncGenerator<LogChunk, void, undefined> {
  // In the turn of the call: nothing that happens from now on is missed.
  const listener = news.listen(key);
  const wake = (): void => listener.wake();
  signal.addEventListener("abort", wake);
  let offset = fromBytes;
  let cursor: JournalCursor | undefined;
  try {
    for (;;) {
      signal.throwIfAborted();
      if (listener.begun || cursor === undefined) {
        listener.begun = false;
        await cursor?.close();
        cursor = await open(offset);
      }
      listener.fresh = false;
      const isLast = listener.ended || !follow;
      const next = (await cursor?.next()) ?? "more";
      if (typeof next !== "string") {
        offset = next.offset + next.bytes.length;
        yield next;
      } else if (!listener.begun) {
        if (next === "ended" || isLast) return;
        await untilFresh(listener, signal);
      }
    }
  } finally {
    signal.removeEventListener("abort", wake);
    news.leave(key, listener);
    await cursor?.close();
  }
}

async function untilFresh(listener: Listener, signal: AbortSignal): Promise<void> {
  while (!listener.fresh && !signal.aborted) {
    await new Promise<void>((resolve) => {
      listener.wake = resolve;
    });
  }
}
