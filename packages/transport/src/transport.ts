import type {
  Announcement,
  CallOptions,
  Identity,
  JobEvent,
  LogFrame,
  LogRequest,
  Message,
} from "@gadus/protocol";

/** A node to which there is a connection. */
export interface PeerView {
  readonly nodeId: string;
  /** The address that this node sees it at, as a multiaddr; undefined where addresses mean nothing. */
  readonly address: string | undefined;
  readonly connectedSinceMs: number;
}

/** What a transport tells of; each is called in order, one at a time, and must not throw. */
export interface TransportEvents {
  /** `message` came from `from`, the connection's authenticated peer; it is well-formed and of legal size. */
  message(from: string, message: Message): void;
  /** A stream to `peer` stands: messages can be exchanged. */
  connected(peer: PeerView): void;
  /** The last connection to `nodeId` is gone. */
  disconnected(nodeId: string): void;
  /** `author` announced itself; newer than any before, and already expiring by `ttlMs` from now. */
  announcement(author: string, announcement: Announcement): void;
  /** `author` told everyone about a job. */
  jobEvent(author: string, event: JobEvent): void;
}

/**
 * Answers `from`, the connection's authenticated peer, what it may know of a log; nothing is pulled before it is wanted.
 *
 * `signal` aborts once the reader has gone.
 */
export type LogHandler = (
  from: string,
  request: LogRequest,
  options: { readonly signal: AbortSignal },
) => AsyncIterable<LogFrame>;

/** Carries messages between nodes and knows which nodes there are. */
export interface Transport {
  readonly identity: Identity;
  /** The addresses at which others can dial this node, as multiaddrs with its peer id. */
  addresses(): readonly string[];
  /** Nodes that are connected now. */
  peers(): readonly PeerView[];
  /** Adds a listener; answers a function that takes it away. */
  on(events: Partial<TransportEvents>): () => void;
  /** @throws {TransportError} `transport/address-in-use` */
  start(): Promise<void>;
  stop(): Promise<void>;
  /**
   * Hands `message` over for `to`, dialling if need be; messages to one peer arrive in the order of their sending.
   *
   * Messages to one peer within one turn of the event loop leave as one write. That it settles doesn't mean that
   * the peer acted on it: both sides exchange their state whenever they connect.
   *
   * @throws {TransportError} `transport/unreachable`, `transport/overloaded` (its queue is full), `transport/stopped`
   */
  send(to: string, message: Message, options?: CallOptions): Promise<void>;
  /** Tells everyone, and each peer that connects from now on, about this node. */
  announce(announcement: Announcement): Promise<void>;
  /** Tells everyone about jobs: one message, of {@link MAX_JOB_EVENTS} events at most. */
  publishJobEvents(events: readonly JobEvent[]): Promise<void>;
  /** Dials a multiaddr, and settles once messages can be exchanged. */
  dial(address: string, options?: CallOptions): Promise<void>;
  /**
   * Reads a log that node `to` keeps, dialling if need be; ends once the node has said all, which a `fail` ends too.
   *
   * Read ahead of whoever takes the frames is no more than is on its way. Who stops taking them lets go of it.
   *
   * @throws {TransportError} `transport/unreachable`, also where the connection breaks midway; `transport/stopped`
   * @throws the signal's reason, if `signal` aborts
   */
  openLogs(to: string, request: LogRequest, options?: CallOptions): AsyncIterable<LogFrame>;
  /** Has `handler`, in place of any before it, answer nodes that read logs; answers a function that ends that. */
  serveLogs(handler: LogHandler): () => void;
}
