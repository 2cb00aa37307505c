import {
  type Announcement,
  announcementSchema,
  decodeMessage,
  decodeValue,
  encodeMessage,
  encodeValue,
  type Identity,
  type JobEvent,
  jobEventsSchema,
  type LogFrame,
  logFrameSchema,
  type LogRequest,
  logRequestSchema,
  MAX_LOG_FRAME_BYTES,
  MAX_LOG_REQUEST_BYTES,
  type Message,
} from "@gadus/protocol";
import { createAnnouncementBook } from "./announcement-book.ts";
import type { LogDesk } from "./answer-logs.ts";
import { MAX_GOSSIP_BYTES, MAX_QUEUED_MESSAGES } from "./limits.ts";
import type { Listeners } from "./listeners.ts";
import type { GossipKind, MemoryLink, MemoryNode, Switchboard } from "./switchboard.ts";
import type { Transport } from "./transport.ts";
import { TransportError } from "./transport-error.ts";
import { abortable } from "@gadus/protocol/abortable";
import { unreachable } from "./unreachable.ts";

const ADDRESS_PREFIX = "/memory/";

/** A node of a memory network. */
export function createMemoryTransport(
  switchboard: Switchboard,
  identity: Identity,
  { listeners, logs }: { readonly listeners: Listeners; readonly logs: LogDesk },
): Transport {
  const { nodeId } = identity;
  let node: MemoryNode | undefined;
  let own: Announcement | undefined;

  function started(): MemoryNode {
    if (node !== undefined) return node;
    throw new TransportError(
      "transport/stopped",
      `Cannot send from node ${nodeId}: its transport isn't started`,
    );
  }

  /** Runs `act` in a turn of its own, unless the node has stopped by then. */
  function soon(act: () => void): void {
    const then = node;
    switchboard.clock.setTimer(0, () => {
      if (node === then) act();
    });
  }

  function gossip(kind: GossipKind, content: Announcement | readonly JobEvent[]): void {
    const self = started();
    const bytes = encodeValue(content);
    soon(() => self.onGossip(kind, nodeId, bytes));
    for (const other of switchboard.nodes()) {
      if (other === self) continue;
      switchboard.carry({ from: nodeId, to: other.nodeId, kind }, () => {
        if (other.started) other.onGossip(kind, nodeId, bytes);
      });
    }
  }

  return {
    identity,
    addresses: () => (node === undefined ? [] : [`${ADDRESS_PREFIX}${nodeId}`]),
    peers: () => [...(node?.links ?? [])].map(([peerId, link]) => viewOf(peerId, link)),
    on: (events) => listeners.add(events),
    async start() {
      if (node !== undefined) return;
      node = createNode(switchboard, nodeId, listeners, {
        soon,
        own: () => own,
        answerLogs: (from, request, signal) => logs.answer(from, request, signal),
      });
      switchboard.attach(node);
    },
    async stop() {
      const stopped = node;
      node = undefined;
      if (stopped !== undefined) switchboard.detach(stopped);
    },
    async send(to, message, { signal } = {}) {
      signal?.throwIfAborted();
      const self = started();
      const bytes = encodeMessage(message);
      if (to === nodeId) soon(() => self.onMessage(nodeId, bytes));
      else carryMessage(switchboard, self.links.get(to) ?? switchboard.connect(self, to), self, bytes);
    },
    async announce(announcement) {
      gossip("announcement", announcement);
      own = announcement;
    },
    async publishJobEvents(events) {
      gossip("job-event", events);
    },
    async dial(address, { signal } = {}) {
      signal?.throwIfAborted();
      if (address.startsWith(ADDRESS_PREFIX))
        switchboard.connect(started(), address.slice(ADDRESS_PREFIX.length));
      else
        throw new TransportError(
          "transport/invalid-address",
          `Cannot dial ${address}: it is not /memory/<node id>`,
        );
    },
    async *openLogs(to, request, { signal = new AbortController().signal } = {}) {
      signal.throwIfAborted();
      const self = started();
      if (to === nodeId) yield* logs.answer(nodeId, request, signal);
      else yield* readAcross(self, self.links.get(to) ?? switchboard.connect(self, to), request, signal);
    },
    serveLogs: (handler) => logs.serve(handler),
  };
}

interface NodeHooks extends Pick<MemoryNode, "answerLogs"> {
  readonly soon: (act: () => void) => void;
  readonly own: () => Announcement | undefined;
}

function createNode(
  switchboard: Switchboard,
  nodeId: string,
  listeners: Listeners,
  { soon, own, answerLogs }: NodeHooks,
): MemoryNode {
  const book = createAnnouncementBook(switchboard.clock);

  function admit(author: string, announcement: Announcement): void {
    if (book.admit(author, announcement, true) !== "news") return;
    listeners.tell((listener) => listener.announcement?.(author, announcement));
  }

  const node: MemoryNode = {
    nodeId,
    links: new Map(),
    started: true,
    answerLogs,
    onConnected(peerId, link) {
      soon(() => listeners.tell((listener) => listener.connected?.(viewOf(peerId, link))));
    },
    greet(link) {
      const announcement = own();
      if (announcement === undefined) return;
      const message: Message = { type: "announcement", announcement };
      carryMessage(switchboard, link, node, encodeMessage(message));
    },
    onDisconnected(peerId) {
      soon(() => listeners.tell((listener) => listener.disconnected?.(peerId)));
    },
    onMessage(from, bytes) {
      const message = decodeMessage(bytes);
      if (message.type === "announcement") admit(from, message.announcement);
      else listeners.tell((listener) => listener.message?.(from, message));
    },
    onGossip(kind, author, bytes) {
      if (kind === "announcement") admit(author, decodeValue(announcementSchema, bytes, MAX_GOSSIP_BYTES));
      else {
        for (const event of decodeValue(jobEventsSchema, bytes, MAX_GOSSIP_BYTES)) {
          listeners.tell((listener) => listener.jobEvent?.(author, event));
        }
      }
    },
  };
  return node;
}

function carryMessage(switchboard: Switchboard, link: MemoryLink, from: MemoryNode, bytes: Uint8Array): void {
  const to = link.nodes[0] === from ? link.nodes[1] : link.nodes[0];
  const waiting = link.underWay.get(from.nodeId) ?? 0;
  if (waiting >= MAX_QUEUED_MESSAGES) {
    const state = `${waiting} messages to it are under way`;
    throw new TransportError("transport/overloaded", `Cannot send to node ${to.nodeId}: ${state}`);
  }
  const arrivals = switchboard.carry({ from: from.nodeId, to: to.nodeId, kind: "message" }, () => {
    link.underWay.set(from.nodeId, (link.underWay.get(from.nodeId) ?? 1) - 1);
    if (link.open) to.onMessage(from.nodeId, bytes);
  });
  link.underWay.set(from.nodeId, waiting + arrivals);
}

/** Each frame is pulled from the other side as it is wanted, and is what the wire would carry. */
async function* readAcross(
  from: MemoryNode,
  link: MemoryLink,
  request: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<LogFrame, void, undefined> {
  const to = link.nodes[0] === from ? link.nodes[1] : link.nodes[0];
  const until = AbortSignal.any([signal, link.broken.signal]);
  const asked = decodeValue(logRequestSchema, encodeValue(request), MAX_LOG_REQUEST_BYTES);
  try {
    for await (const frame of abortableEach(to.answerLogs(from.nodeId, asked, until), until)) {
      const carried = decodeValue(logFrameSchema, encodeValue(frame), MAX_LOG_FRAME_BYTES);
      if (carried.type === "end") return;
      yield carried;
      until.throwIfAborted();
      if (carried.type === "fail") return;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(to.nodeId, error);
  }
}

/** `items`, until `signal` aborts, even where they hang. */
async function* abortableEach<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const result = await abortable(iterator.next(), { signal });
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    // One that hangs in next() would hang here too; it has the signal.
    iterator.return?.().catch(() => {});
  }
}

function viewOf(nodeId: string, link: MemoryLink) {
  return { nodeId, address: `${ADDRESS_PREFIX}${nodeId}`, connectedSinceMs: link.sinceMs };
}
