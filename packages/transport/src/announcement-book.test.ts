import type { Announcement } from "@gadus/protocol";
import { expect, test } from "vitest";
import { createAnnouncementBook } from "./announcement-book.ts";

const announcement = (sequence: number, ttlMs = 1000): Announcement => ({
  sequence,
  ttlMs,
  version: "0.1.0",
  requester: true,
  labels: {},
});

function bookAt(maxAuthors?: number) {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, setTimer: () => ({ cancel: () => {} }) };
  return { book: createAnnouncementBook(clock, maxAuthors), passMs: (ms: number) => (nowMs += ms) };
}

test("`admit()` takes only growing sequences, for each author alone", () => {
  const { book } = bookAt();
  const admitted = [1, 1, 3, 2, 3, 4].map((sequence) => book.admit("a", announcement(sequence), false));
  expect(admitted).toEqual(["news", "repetition", "news", "stale", "repetition", "news"]);
  expect(book.admit("b", announcement(1), false)).toBe("news");
});

test("`admit()` remembers an author's sequence after its announcement has expired", () => {
  const { book, passMs } = bookAt();
  book.admit("a", announcement(7), false);
  passMs(5000);
  expect(book.admit("a", announcement(7), false)).toBe("repetition");
});

test("`admit()` refuses an unknown author when the book is full of what still holds", () => {
  const { book } = bookAt(2);
  book.admit("a", announcement(1), false);
  book.admit("b", announcement(1), false);
  expect(book.admit("c", announcement(1), false)).toBe("stale");
  expect(book.admit("a", announcement(2), false)).toBe("news");
});

test("`admit()` lets what expired make room", () => {
  const { book, passMs } = bookAt(2);
  book.admit("a", announcement(1, 10), false);
  book.admit("b", announcement(1, 100), false);
  passMs(50);
  expect(book.admit("c", announcement(1), false)).toBe("news");
  expect(book.admit("b", announcement(1), false)).toBe("repetition");
});

test("`admit()` lets a connected author displace the one that expires first", () => {
  const { book } = bookAt(2);
  book.admit("a", announcement(1, 500), false);
  book.admit("b", announcement(1, 100), false);
  expect(book.admit("c", announcement(1), true)).toBe("news");
  expect(book.admit("b", announcement(1, 100), true)).toBe("news");
});
