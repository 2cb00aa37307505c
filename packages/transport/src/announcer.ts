import {
  type Announcement,
  type Clock,
  encodeMessage,
  type Logger,
  messageOf,
  type Timer,
} from "@gadus/protocol";
import type { BidLinks } from "./bid-links.ts";
import type { Gossip } from "./gossip.ts";

/** Publications of one announcement within its time to live, for those who missed the first. */
const PUBLICATIONS_A_TTL = 3;
const MIN_PAUSE_MS = 100;

/**
 * Tells everyone about this node, again and again.
 *
 * Publishing again is for those who missed it. It doesn't prolong it where it was heard: whoever announces raises the
 * sequence before the time to live is over.
 */
export interface Announcer {
  /** The last announcement, which a peer that connects should hear first. */
  latest(): Announcement | undefined;
  /** Tells it to every peer on its stream, and to all others by gossip. */
  announce(announcement: Announcement): Promise<void>;
  stop(): void;
}

export interface AnnouncerOptions {
  readonly clock: Clock;
  readonly gossip: Gossip;
  readonly links: BidLinks;
  readonly logger: Logger;
}

export function createAnnouncer({ clock, gossip, links, logger }: AnnouncerOptions): Announcer {
  let latest: Announcement | undefined;
  let timer: Timer | undefined;
  const logFailure = (error: unknown) =>
    logger.debug("an announcement did not reach a peer", { error: messageOf(error) });

  function publishAgain(announcement: Announcement): void {
    timer?.cancel();
    timer = clock.setTimer(Math.max(MIN_PAUSE_MS, announcement.ttlMs / PUBLICATIONS_A_TTL), () => {
      publishAgain(announcement);
      gossip.announce(announcement).catch(logFailure);
    });
  }

  return {
    latest: () => latest,
    async announce(announcement) {
      latest = announcement;
      publishAgain(announcement);
      const bytes = encodeMessage({ type: "announcement", announcement });
      for (const link of links.up()) link.send(bytes, undefined).catch(logFailure);
      await gossip.announce(announcement);
    },
    stop() {
      timer?.cancel();
      timer = undefined;
    },
  };
}
