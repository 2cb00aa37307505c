import { type Clock, isCodedError, messageOf, type Timer } from "@gadus/protocol";
import type { Connection, Stream } from "@libp2p/interface";
import { type BidStream, createBidStream, newBidStream } from "./bid-stream.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { abortable } from "@gadus/protocol/abortable";
import { unreachable } from "./unreachable.ts";
import { writeBatch } from "./write-batch.ts";

/** A stream that was opened and not greeted within this is given up. */
const HANDSHAKE_TIMEOUT_MS = 5000;
/** The first pause before a stream is opened again, for the lower peer id; the higher waits twice as long. */
const RETRY_MS = 25;
const MAX_RETRY_MS = 5000;
/** Streams that are opened in a row before what waits for the peer is rejected. */
const MAX_ATTEMPTS = 4;
/** A stream that lasted less counts as one more failed attempt. */
const STABLE_MS = 5000;

/** What a link needs of its transport, and tells it. */
export interface LinkHost {
  readonly selfId: string;
  readonly clock: Clock;
  /**
   * The newest connection to `peerId`, dialling if need be.
   *
   * @throws {TransportError} `transport/unreachable`
   */
  connect(peerId: string, signal: AbortSignal): Promise<Connection>;
  onUp(link: PeerLink): void;
  onDown(link: PeerLink): void;
  onFrame(link: PeerLink, bytes: Uint8Array): void;
  onMalformed(link: PeerLink, connection: Connection, error: unknown): void;
  /** Nothing stands, is under way or waits. */
  onIdle(link: PeerLink): void;
}

/**
 * All that connects this node with one peer: at most one live stream, and what waits to be sent on it.
 *
 * The opener of a stream says nothing until it was greeted, and the other side counts it as live only when greeted in
 * turn. So a stream that either side drops before that has carried no message, and when both open at once, the one
 * that the lower peer id opened stays.
 */
export interface PeerLink {
  readonly peerId: string;
  /** The connection under the live stream. */
  readonly connection: Connection | undefined;
  readonly upSinceMs: number;
  /** Starts to open a stream, unless there is one or one is under way. */
  open(): void;
  /** Takes a stream that the peer opened. */
  accept(stream: Stream, connection: Connection): void;
  /** Settles once a stream stands. */
  up(signal: AbortSignal | undefined): Promise<void>;
  /** Settles once `bytes` were written to the stream. */
  send(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void>;
  /** Sends `bytes` before all that waits. */
  sendFirst(bytes: Uint8Array): void;
  /** Drops all streams and rejects all that waits. */
  close(error: Error): void;
}

export function createPeerLink(peerId: string, host: LinkHost): PeerLink {
  return new Link(peerId, host);
}

/** An attempt to open a stream; it has a connection once dialling is over. */
interface Attempt {
  readonly controller: AbortController;
  connection?: Connection;
  stream?: BidStream;
}

class Link implements PeerLink {
  readonly peerId: string;
  upSinceMs = 0;
  readonly #host: LinkHost;
  readonly #outbox: Outbox;
  #live: BidStream | undefined;
  #accepting: BidStream | undefined;
  #attempt: Attempt | undefined;
  #attempts = 0;
  #retry: Timer | undefined;
  #wanted = false;
  #writing = false;
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(peerId: string, host: LinkHost) {
    this.peerId = peerId;
    this.#host = host;
    this.#outbox = createOutbox(peerId);
  }

  get connection(): Connection | undefined {
    return this.#live?.connection;
  }

  open(): void {
    this.#wanted = true;
    if (this.#live ?? this.#accepting ?? this.#attempt ?? this.#retry) return;
    this.#tryOpening();
  }

  accept(stream: Stream, connection: Connection): void {
    const ours = this.#attempt?.connection !== undefined && this.#host.selfId < this.peerId;
    if (ours) {
      stream.abort(new Error("the stream that this side opened stays"));
      return;
    }
    this.#endAttempt("the peer's stream stays");
    this.#accepting?.drop("the peer opened another");
    const timer = this.#host.clock.setTimer(HANDSHAKE_TIMEOUT_MS, () => {
      accepted.drop("it was not greeted in time");
      this.#acceptFailed(accepted);
    });
    const accepted = createBidStream(stream, connection, {
      ...this.#eventsOf(() => accepted),
      greeted: () => {
        timer.cancel();
        this.#accepting = undefined;
        this.#goUp(accepted);
      },
      closed: () => {
        timer.cancel();
        this.#acceptFailed(accepted);
        this.#goDown(accepted);
      },
    });
    this.#accepting = accepted;
    if (accepted.greet()) return;
    timer.cancel();
    this.#acceptFailed(accepted);
  }

  async up(signal: AbortSignal | undefined): Promise<void> {
    if (this.#live !== undefined) return;
    this.open();
    this.#waiting ??= Promise.withResolvers();
    await abortable(this.#waiting.promise, { signal });
  }

  send(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const sent = this.#outbox.put(bytes, signal);
    if (this.#live === undefined) this.open();
    else this.#flush();
    return sent;
  }

  sendFirst(bytes: Uint8Array): void {
    this.#outbox.putFirst(bytes);
    this.#flush();
  }

  close(error: Error): void {
    const { message } = error;
    this.#wanted = false;
    this.#endAttempt(message);
    this.#accepting?.drop(message);
    this.#accepting = undefined;
    this.#rejectWaiting(error);
    const live = this.#live;
    live?.drop(message);
    if (live !== undefined) this.#goDown(live);
  }

  #tryOpening(): void {
    const attempt: Attempt = { controller: new AbortController() };
    this.#attempt = attempt;
    this.#attempts += 1;
    this.#openStream(attempt).catch((error: unknown) => this.#attemptFailed(attempt, error));
  }

  async #openStream(attempt: Attempt): Promise<void> {
    const { signal } = attempt.controller;
    const connection = await this.#host.connect(this.peerId, signal);
    signal.throwIfAborted();
    attempt.connection = connection;
    const timer = this.#host.clock.setTimer(HANDSHAKE_TIMEOUT_MS, () => {
      attempt.stream?.drop("it was not greeted in time");
      this.#attemptFailed(attempt, new Error("it didn't greet in time"));
    });
    signal.addEventListener("abort", () => timer.cancel(), { once: true });
    const stream = await newBidStream(connection, signal);
    if (signal.aborted) {
      stream.abort(new Error("another stream stays"));
      return;
    }
    const opened = createBidStream(stream, connection, {
      ...this.#eventsOf(() => opened),
      greeted: () => {
        timer.cancel();
        if (!opened.greet()) return;
        this.#attempt = undefined;
        this.#goUp(opened);
      },
      closed: () => {
        timer.cancel();
        this.#attemptFailed(attempt, new Error("it closed the stream"));
        this.#goDown(opened);
      },
    });
    attempt.stream = opened;
  }

  #eventsOf(stream: () => BidStream) {
    return {
      frame: (bytes: Uint8Array) => this.#host.onFrame(this, bytes),
      malformed: (error: unknown) => this.#host.onMalformed(this, stream().connection, error),
    };
  }

  #attemptFailed(attempt: Attempt, error: unknown): void {
    if (this.#attempt !== attempt) return;
    this.#endAttempt("it failed");
    if (this.#accepting !== undefined) return;
    if (this.#attempts < MAX_ATTEMPTS && !isCodedError(error)) this.#openLater();
    else this.#giveUp(error);
  }

  #acceptFailed(accepted: BidStream): void {
    if (this.#accepting !== accepted) return;
    this.#accepting = undefined;
    if (this.#live === undefined && (this.#wanted || this.#outbox.size > 0)) this.#openLater();
    else this.#tellIfIdle();
  }

  #openLater(): void {
    this.#retry?.cancel();
    const pauseMs = Math.min(MAX_RETRY_MS, RETRY_MS * 3 ** this.#attempts);
    const delayMs = this.#host.selfId < this.peerId ? pauseMs : 2 * pauseMs;
    this.#retry = this.#host.clock.setTimer(delayMs, () => {
      this.#retry = undefined;
      this.open();
    });
  }

  #endAttempt(reason: string): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    this.#retry?.cancel();
    this.#retry = undefined;
    attempt?.controller.abort(new Error(reason));
    attempt?.stream?.drop(reason);
  }

  #giveUp(error: unknown): void {
    this.#wanted = false;
    this.#attempts = 0;
    this.#rejectWaiting(unreachable(this.peerId, error));
    this.#tellIfIdle();
  }

  #rejectWaiting(error: Error): void {
    this.#outbox.rejectAll(error);
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  #goUp(stream: BidStream): void {
    const earlier = this.#live;
    if (earlier !== undefined) {
      earlier.drop("a newer stream took its place");
      this.#live = undefined;
      this.#host.onDown(this);
    }
    this.#live = stream;
    this.upSinceMs = this.#host.clock.nowMs();
    this.#host.onUp(this);
    this.#waiting?.resolve();
    this.#waiting = undefined;
    this.#flush();
  }

  #goDown(stream: BidStream): void {
    if (this.#live !== stream) return;
    this.#live = undefined;
    if (this.#host.clock.nowMs() - this.upSinceMs > STABLE_MS) this.#attempts = 0;
    this.#host.onDown(this);
    if (this.#outbox.size > 0 || (this.#wanted && stream.connection.status === "open")) this.#openLater();
    else this.#tellIfIdle();
  }

  #tellIfIdle(): void {
    if (this.#live ?? this.#accepting ?? this.#attempt ?? this.#retry) return;
    if (this.#outbox.size === 0) this.#host.onIdle(this);
  }

  /** Writes what waits, once this turn of the event loop is over. */
  #flush(): void {
    if (this.#writing || this.#live === undefined) return;
    this.#writing = true;
    setImmediate(() => {
      this.#write().catch((error: unknown) => this.#rejectWaiting(unreachable(this.peerId, error)));
    });
  }

  async #write(): Promise<void> {
    // Unset in the very turn in which nothing was left, or a message put in between would wait for ever.
    try {
      for (let live = this.#live; live !== undefined && this.#outbox.size > 0; live = this.#live) {
        await this.#writeTo(live);
      }
    } finally {
      this.#writing = false;
    }
  }

  async #writeTo(live: BidStream): Promise<void> {
    try {
      await live.writable();
      if (this.#live === live) writeBatch(live, this.#outbox);
    } catch (error) {
      live.drop(messageOf(error));
      this.#goDown(live);
    }
  }
}
