import {
  type Announcement,
  announcementSchema,
  type Clock,
  decodeValue,
  encodeValue,
  type JobEvent,
  jobEventsSchema,
  type Logger,
  messageOf,
} from "@gadus/protocol";
import { type GossipSub, type Message, TopicValidatorResult } from "@libp2p/gossipsub";
import type { Novelty } from "./announcement-book.ts";
import { MAX_GOSSIP_BYTES } from "./limits.ts";

export const NODES_TOPIC = "gadus/nodes/1";
export const JOBS_TOPIC = "gadus/jobs/1";

/** How often, and after what pause, what nobody could be given is published again: a new peer may be about to subscribe. */
const MAX_PUBLICATIONS = 20;
const PUBLICATION_PAUSE_MS = 100;

/** What comes in by gossip; the author is who signed it, whoever passed it on. */
export interface GossipEvents {
  /** Answers whether it was news; what is stale is not passed on. */
  announcement(author: string, announcement: Announcement): Novelty;
  jobEvent(author: string, event: JobEvent): void;
  malformed(passedOnBy: string, error: unknown): void;
}

/** What everyone should hear. */
export interface Gossip {
  start(): void;
  stop(): void;
  announce(announcement: Announcement): Promise<void>;
  publishJobEvents(events: readonly JobEvent[]): Promise<void>;
}

export interface GossipOptions {
  readonly pubsub: GossipSub;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether any peer is connected. */
  readonly hasPeers: () => boolean;
}

export function createGossip(
  { pubsub, clock, logger, hasPeers }: GossipOptions,
  events: GossipEvents,
): Gossip {
  /** Delivers within the validation itself, so that a message is decoded once. */
  function topic(name: string, take: (author: string, bytes: Uint8Array) => Novelty) {
    const judge = (passedOnBy: { toString(): string }, message: Message) => {
      try {
        if (message.type !== "signed") throw new Error("it isn't signed");
        // A repetition is passed on, though not told: others may have missed the first.
        const novelty = take(message.from.toString(), message.data);
        return novelty === "stale" ? TopicValidatorResult.Ignore : TopicValidatorResult.Accept;
      } catch (error) {
        events.malformed(passedOnBy.toString(), error);
        return TopicValidatorResult.Reject;
      }
    };
    return { name, judge };
  }

  const topics = [
    topic(NODES_TOPIC, (author, bytes) =>
      events.announcement(author, decodeValue(announcementSchema, bytes, MAX_GOSSIP_BYTES)),
    ),
    topic(JOBS_TOPIC, (author, bytes) => {
      for (const event of decodeValue(jobEventsSchema, bytes, MAX_GOSSIP_BYTES))
        events.jobEvent(author, event);
      return "news";
    }),
  ];

  async function publish(name: string, content: Announcement | readonly JobEvent[]): Promise<void> {
    const bytes = encodeValue(content);
    try {
      for (let publications = 1; ; publications++) {
        const { recipients } = await pubsub.publish(name, bytes);
        if (recipients.length > 0 || !hasPeers() || publications === MAX_PUBLICATIONS) return;
        await new Promise<void>((resolve) => clock.setTimer(PUBLICATION_PAUSE_MS, resolve));
      }
    } catch (error) {
      logger.debug("gossip was not published", { topic: name, error: messageOf(error) });
    }
  }

  return {
    start() {
      for (const { name, judge } of topics) {
        pubsub.topicValidators.set(name, judge);
        pubsub.subscribe(name);
      }
    },
    stop() {
      for (const { name } of topics) {
        pubsub.unsubscribe(name);
        pubsub.topicValidators.delete(name);
      }
    },
    announce: (announcement) => publish(NODES_TOPIC, announcement),
    publishJobEvents: (jobEvents) => publish(JOBS_TOPIC, jobEvents),
  };
}
