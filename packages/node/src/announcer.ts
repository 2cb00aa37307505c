import type { Announcement, Clock, Logger, Timer } from "@gadus/protocol";
import type { Transport } from "@gadus/transport";

const TTL_MS = 120_000;
/** Three in the life of one, so that two may be lost. */
const REPEAT_MS = TTL_MS / 3;
/** Changes within it are told as one. */
const MIN_INTERVAL_MS = 2_000;

/** What an announcement says, apart from its number and its life. */
export type NodeDescription = Omit<Announcement, "sequence" | "ttlMs">;

/** What the announcer works with. */
export interface AnnouncerOptions {
  readonly transport: Pick<Transport, "announce">;
  readonly clock: Clock;
  readonly logger: Logger;
  describe(): NodeDescription;
  /** A number that is greater than any before, across restarts. */
  nextSequence(nowMs: number): Promise<number>;
}

/** Tells everyone about this node, again and again. */
export interface Announcer {
  /** Announces at once, and goes on. */
  start(): Promise<void>;
  /** Says that the description changed: announces soon. */
  changed(): void;
  stop(): void;
}

/** An announcer that isn't started. */
export function createAnnouncer({ transport, clock, logger, ...options }: AnnouncerOptions): Announcer {
  let timer: Timer | undefined;
  let dueMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  let running = false;

  function schedule(delayMs: number): void {
    const atMs = clock.nowMs() + delayMs;
    if (!running || atMs >= dueMs) return;
    timer?.cancel();
    dueMs = atMs;
    timer = clock.setTimer(delayMs, () => {
      announce().catch((error: unknown) => logger.warn("this node could not be announced", { error }));
    });
  }

  async function announce(): Promise<void> {
    lastMs = clock.nowMs();
    dueMs = Number.POSITIVE_INFINITY;
    schedule(REPEAT_MS);
    const sequence = await options.nextSequence(lastMs);
    if (running) await transport.announce({ ...options.describe(), sequence, ttlMs: TTL_MS });
  }

  return {
    start: async () => {
      running = true;
      await announce();
    },
    changed: () => schedule(Math.max(0, lastMs + MIN_INTERVAL_MS - clock.nowMs())),
    stop: () => {
      running = false;
      timer?.cancel();
    },
  };
}
