import type { CallOptions, Clock, Logger, Timer } from "@gadus/protocol";
import { CID } from "multiformats/cid";

/** Roots that wait to be provided; the oldest give way. */
const MAX_WAITING = 10_000;
/** Between one root and the next: telling the network is off every job's path, and must not crowd it. */
const INTERVAL_MS = 250;
const PROVIDE_TIMEOUT_MS = 20_000;

/** What tells the network that this node has a CID, such as libp2p's `contentRouting`. */
export interface ProviderRouting {
  provide(cid: CID, options?: CallOptions): Promise<void>;
}

/** Tells the network which roots can be had here. */
export interface Provider {
  /** Says soon that `cid` can be had here. */
  provide(cid: string): void;
  stop(): void;
}

/** A provider that says one thing at a time. */
export function createProvider(routing: ProviderRouting, clock: Clock, logger: Logger): Provider {
  const waiting = new Set<string>();
  const stopped = new AbortController();
  let timer: Timer | undefined;

  function schedule(): void {
    if (waiting.size === 0 || stopped.signal.aborted) return;
    timer ??= clock.setTimer(INTERVAL_MS, () => {
      provideNext()
        .catch((error: unknown) => logger.debug("a root was not provided", { error }))
        .finally(() => {
          timer = undefined;
          schedule();
        });
    });
  }

  async function provideNext(): Promise<void> {
    const [cid] = waiting;
    if (cid === undefined) return;
    waiting.delete(cid);
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(PROVIDE_TIMEOUT_MS)]);
    await routing.provide(CID.parse(cid), { signal });
  }

  return {
    provide: (cid) => {
      const [oldest] = waiting;
      if (waiting.size >= MAX_WAITING && oldest !== undefined) waiting.delete(oldest);
      waiting.add(cid);
      schedule();
    },
    stop: () => {
      stopped.abort();
      timer?.cancel();
    },
  };
}
