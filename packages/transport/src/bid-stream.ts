import { MAX_MESSAGE_BYTES, messageOf } from "@gadus/protocol";
import type { Connection, Stream } from "@libp2p/interface";
import { encode } from "it-length-prefixed";
import { pEvent } from "p-event";
import { lengthPrefixedReader } from "./length-prefixed.ts";
import { unreachable } from "./unreachable.ts";

export const BID_PROTOCOL = "/gadus/bid/1.0.0";

/** Bytes written to a stream that its peer doesn't take; beyond, writing waits. */
const MAX_UNSENT_BYTES = 256 * 1024;
/** Either side's first frame; no message is a single byte. */
const GREETING = Uint8Array.of(1);

/** What a bid stream tells its owner. */
export interface BidStreamEvents {
  /** The peer's greeting came, before any frame. */
  greeted(): void;
  frame(bytes: Uint8Array): void;
  /** The peer sent what is no frame; the stream reads nothing more. */
  malformed(error: unknown): void;
  /** It can't be used any more, for whatever reason; told once. */
  closed(): void;
}

/** Length-prefixed frames on one libp2p stream, after a greeting from each side. */
export interface BidStream {
  readonly connection: Connection;
  /** Sends this side's greeting; false, and it is dropped, where the stream is closed already. */
  greet(): boolean;
  /** Writes all `frames` at once; throws where the stream is closed. */
  write(frames: readonly Uint8Array[]): void;
  /** Settles once the peer has taken enough for more to be written; rejects when the stream closes first. */
  writable(): Promise<void>;
  /** Closes it; `closed()` is not told. */
  drop(reason: string): void;
}

/** Takes over `stream`; must be called in the turn in which it arrived, or what is read first is lost. */
export function createBidStream(stream: Stream, connection: Connection, events: BidStreamEvents): BidStream {
  const read = lengthPrefixedReader(MAX_MESSAGE_BYTES);
  let state: "new" | "greeted" | "deaf" = "new";
  let ended = false;

  /** Reads nothing more; answers whether that is new. */
  function end(): boolean {
    const isNew = !ended;
    ended = true;
    state = "deaf";
    return isNew;
  }

  function take(frame: Uint8Array): void {
    if (state === "greeted") events.frame(frame);
    else if (state === "new") {
      if (frame.length !== 1 || frame[0] !== GREETING[0]) throw new Error("the first frame is no greeting");
      state = "greeted";
      events.greeted();
    }
  }

  stream.addEventListener("message", ({ data }) => {
    if (state === "deaf") return;
    try {
      read(data, take);
    } catch (error) {
      state = "deaf";
      events.malformed(error);
      stream.abort(new Error("the peer sent what is no message"));
    }
  });
  stream.addEventListener("remoteCloseWrite", () => {
    if (end()) events.closed();
    stream.abort(new Error("the peer closed its side of the stream"));
  });
  stream.addEventListener("close", () => {
    if (end()) events.closed();
  });

  function write(frames: readonly Uint8Array[]): void {
    stream.send(Buffer.concat([...encode(frames)]));
  }

  function drop(reason: string): void {
    end();
    stream.abort(new Error(reason));
  }

  return {
    connection,
    greet() {
      try {
        write([GREETING]);
        return true;
      } catch (error) {
        drop(messageOf(error));
        return false;
      }
    },
    write,
    async writable() {
      // A `drain` may come while most is still unsent: without the second look, a peer that takes single bytes
      // would have us buffer without bound.
      while (stream.writableNeedsDrain || stream.writeBufferLength > MAX_UNSENT_BYTES) {
        await pEvent(stream, "drain", { rejectionEvents: ["close"] }).catch(() => {
          throw new Error("the stream closed");
        });
      }
    },
    drop,
  };
}

/**
 * A new stream for bids on `connection`.
 *
 * @throws {TransportError} `transport/unreachable` where the peer doesn't speak the protocol
 */
export async function newBidStream(connection: Connection, signal: AbortSignal): Promise<Stream> {
  try {
    return await connection.newStream(BID_PROTOCOL, { signal });
  } catch (error) {
    // A peer that doesn't speak the protocol won't do so when asked again.
    if (error instanceof Error && error.name === "UnsupportedProtocolError") {
      throw unreachable(connection.remotePeer.toString(), error);
    }
    throw error;
  }
}
