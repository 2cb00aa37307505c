import { type Announcement, type Clock, decodeMessage, type Metrics } from "@gadus/protocol";
import { createAnnouncementBook, type Novelty } from "./announcement-book.ts";
import type { GossipEvents } from "./gossip.ts";
import type { Listeners } from "./listeners.ts";

/** Decodes what comes in and tells the listeners. */
export interface Receiver {
  /** @throws {ProtocolError} `protocol/message-too-large`, `protocol/invalid-message` */
  readonly frame: (from: string, bytes: Uint8Array) => void;
  readonly gossip: GossipEvents;
  readonly countBad: (source: "stream" | "gossip") => void;
}

export interface ReceiverOptions {
  readonly clock: Clock;
  readonly listeners: Listeners;
  readonly metrics: Metrics;
}

export function createReceiver({ clock, listeners, metrics }: ReceiverOptions): Receiver {
  const book = createAnnouncementBook(clock);
  const received = metrics.counter("gadus_transport_messages_total", "Messages that arrived on bid streams");
  const bad = metrics.counter("gadus_transport_bad_frames_total", "Frames and gossip that were no message", [
    "source",
  ]);

  function admit(author: string, announcement: Announcement, direct: boolean): Novelty {
    const novelty = book.admit(author, announcement, direct);
    if (novelty === "news") listeners.tell((listener) => listener.announcement?.(author, announcement));
    return novelty;
  }

  const countBad = (source: "stream" | "gossip") => bad.add(1, { source });
  return {
    frame(from, bytes) {
      const message = decodeMessage(bytes);
      received.add();
      if (message.type === "announcement") admit(from, message.announcement, true);
      else listeners.tell((listener) => listener.message?.(from, message));
    },
    gossip: {
      announcement: (author, announcement) => admit(author, announcement, false),
      jobEvent: (author, event) => listeners.tell((listener) => listener.jobEvent?.(author, event)),
      malformed: () => countBad("gossip"),
    },
    countBad,
  };
}
