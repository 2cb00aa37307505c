import type { Clock, Timer } from "@gadus/protocol";

/** Peers that are dialled again after a cut; beyond, the one that was kept the longest is let go. */
const MAX_KEPT_PEERS = 512;
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 30_000;
/** A bootstrap peer that was started again knows nobody: until it is dialled it has no one to give work to. */
const MAX_BOOTSTRAP_DELAY_MS = 5_000;
/** Attempts, an hour of them, after which a peer that was connected is let go. */
const MAX_ATTEMPTS = 120;
/** A connection that lasted less counts as one more failed attempt. */
const STABLE_MS = 5000;
/** Attempts at a peer that was never connected, only heard of. */
const MAX_FIRST_ATTEMPTS = 3;
/** How long a peer that was heard of is left alone, as it may be about to connect by itself. */
const DISCOVERY_DELAY_MS = 500;

/** Dials peers again, with growing delays. libp2p's own keep-alive gives up after five attempts, half a minute. */
export interface Redial {
  /** Dials `peerId` at once, and never lets go of it. */
  keepForEver(peerId: string): void;
  /** `peerId` was heard of: dials it soon, unless it is connected by then. */
  discovered(peerId: string): void;
  onUp(peerId: string): void;
  onDown(peerId: string): void;
  /** Lets go of `peerId`, unless it is kept for ever. */
  forget(peerId: string): void;
  stop(): void;
}

export interface RedialOptions {
  readonly clock: Clock;
  /** Settles once the peer is connected. */
  readonly dial: (peerId: string) => Promise<void>;
  /** Which of two nodes dials first, so that they rarely dial at once. */
  readonly dialsFirst: (peerId: string) => boolean;
}

interface Entry {
  readonly forEver: boolean;
  readonly maxAttempts: number;
  attempts: number;
  upSinceMs: number;
  timer: Timer | undefined;
}

export function createRedial({ clock, dial, dialsFirst }: RedialOptions): Redial {
  const entries = new Map<string, Entry>();

  function keep(peerId: string, forEver: boolean, maxAttempts: number): Entry {
    const entry = { forEver, maxAttempts, attempts: 0, upSinceMs: 0, timer: undefined };
    forget(peerId);
    if (entries.size >= MAX_KEPT_PEERS) letGoOfOldest();
    entries.set(peerId, entry);
    return entry;
  }

  function forget(peerId: string): void {
    entries.get(peerId)?.timer?.cancel();
    entries.delete(peerId);
  }

  function letGoOfOldest(): void {
    for (const [peerId, { forEver }] of entries) {
      if (!forEver) return forget(peerId);
    }
  }

  function dialIn(delayMs: number, peerId: string, entry: Entry): void {
    entry.timer?.cancel();
    entry.timer = clock.setTimer(delayMs, () => {
      entry.timer = undefined;
      entry.attempts += 1;
      dial(peerId).catch(() => {
        if (entries.get(peerId) !== entry || entry.timer !== undefined) return;
        if (!entry.forEver && entry.attempts >= entry.maxAttempts) forget(peerId);
        else dialIn(delayAfter(entry), peerId, entry);
      });
    });
  }

  return {
    keepForEver: (peerId) => dialIn(0, peerId, keep(peerId, true, MAX_ATTEMPTS)),
    discovered(peerId) {
      if (entries.has(peerId)) return;
      dialIn(DISCOVERY_DELAY_MS, peerId, keep(peerId, false, MAX_FIRST_ATTEMPTS));
    },
    onUp(peerId) {
      const known = entries.get(peerId);
      const entry = known?.maxAttempts === MAX_ATTEMPTS ? known : keep(peerId, false, MAX_ATTEMPTS);
      entry.timer?.cancel();
      entry.timer = undefined;
      entry.upSinceMs = clock.nowMs();
    },
    onDown(peerId) {
      const entry = entries.get(peerId);
      if (entry === undefined) return;
      const lasted = clock.nowMs() - entry.upSinceMs > STABLE_MS;
      entry.attempts = lasted ? 0 : entry.attempts + 1;
      dialIn(delayAfter(entry, dialsFirst(peerId) ? 1 : 4), peerId, entry);
    },
    forget(peerId) {
      if (entries.get(peerId)?.forEver !== true) forget(peerId);
    },
    stop() {
      for (const { timer } of entries.values()) timer?.cancel();
      entries.clear();
    },
  };
}

function delayAfter({ attempts, forEver }: Entry, factor = 1): number {
  const delayMs = factor * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempts, 20));
  const limitedMs = forEver ? Math.min(delayMs, MAX_BOOTSTRAP_DELAY_MS) : delayMs;
  return limitedMs / 2 + (Math.random() * limitedMs) / 2;
}
