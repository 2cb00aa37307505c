import { encodeMessage, type Logger, type Message, messageOf } from "@gadus/protocol";
import type { Transport, TransportEvents } from "@gadus/transport";

/** What is kept of what peers say early, in their own bytes; what is beyond is lost, and told again by those who said it. */
const MAX_EARLY_BYTES = 16 * 1024 * 1024;
/** What each event counts for beside its bytes. */
const EVENT_BYTES = 512;

/** A transport that loses nothing of what comes before anyone listens. */
export interface EarlyEvents {
  /** Whoever begins to listen to it is first told what has come until then. */
  readonly transport: Transport;
  /** Ends that, once all who are to hear it listen. */
  forget(): void;
}

type Told = (listener: Partial<TransportEvents>) => void;

/**
 * Remembers what `transport`, not started yet, tells before the roles listen to it, which they begin to one after the
 * other while peers connect, say what they offer, and ask.
 */
export function rememberEarlyEvents(transport: Transport, logger: Logger): EarlyEvents {
  const told: Told[] = [];
  let left = MAX_EARLY_BYTES;

  function remember(bytes: number, tell: Told): void {
    if (left <= 0) return;
    left -= bytes + EVENT_BYTES;
    if (left > 0) told.push(tell);
    else
      logger.warn("peers said more than is remembered while this node started", { bytes: MAX_EARLY_BYTES });
  }
  const sizeOf = (message: Message): number => encodeMessage(message).length;
  const stopListening = transport.on({
    connected: (peer) => remember(0, (listener) => listener.connected?.(peer)),
    disconnected: (nodeId) => remember(0, (listener) => listener.disconnected?.(nodeId)),
    message: (from, message) => remember(sizeOf(message), (listener) => listener.message?.(from, message)),
    announcement: (author, announcement) =>
      remember(sizeOf({ type: "announcement", announcement }), (listener) =>
        listener.announcement?.(author, announcement),
      ),
  });

  return {
    transport: {
      ...transport,
      on(events) {
        for (const tell of told) {
          try {
            tell(events);
          } catch (error) {
            logger.error("a transport's listener threw", { error: messageOf(error) });
          }
        }
        return transport.on(events);
      },
    },
    forget() {
      stopListening();
      told.length = 0;
      left = 0;
    },
  };
}
