import { type Logger, messageOf } from "@gadus/protocol";
import type { TransportEvents } from "./transport.ts";

/** Those who want to hear what a transport has to tell. */
export interface Listeners {
  /** Adds a listener; answers a function that takes it away. */
  add(events: Partial<TransportEvents>): () => void;
  /** Calls `call` with each listener in the order of their adding; one that throws is logged, and the rest still hear. */
  tell(call: (listener: Partial<TransportEvents>) => void): void;
}

export function createListeners(logger: Logger): Listeners {
  const entries = new Set<{ readonly events: Partial<TransportEvents> }>();
  return {
    add(events) {
      const entry = { events };
      entries.add(entry);
      return () => {
        entries.delete(entry);
      };
    },
    tell(call) {
      for (const { events } of entries) {
        try {
          call(events);
        } catch (error) {
          logger.error("a transport's listener threw", { error: messageOf(error) });
        }
      }
    },
  };
}
