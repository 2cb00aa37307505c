import type { Message } from "@gadus/protocol";
import { generateKeyPair } from "@libp2p/crypto/keys";
import type { Ed25519PrivateKey, Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { encode } from "it-length-prefixed";
import { BID_PROTOCOL } from "./bid-stream.ts";
import { createLibp2pNode, type GadusLibp2p } from "./libp2p-node.ts";
import { createLibp2pTransport, type Libp2pTransportOptions } from "./libp2p.ts";
import { type Heard, listenTo } from "./listen.ts";
import { realClock } from "./real-clock.ts";
import type { Transport } from "./transport.ts";

const LISTEN = ["/ip4/127.0.0.1/tcp/0"];

/** A node under test. */
export interface TestNode {
  readonly transport: Transport;
  readonly libp2p: GadusLibp2p;
  readonly heard: Heard;
  readonly id: string;
  readonly key: Ed25519PrivateKey;
  readonly address: () => string;
  /** Bad frames that its metric has counted. */
  readonly badFrames: () => number;
}

const stops: (() => Promise<unknown>)[] = [];

/** Stops every node that was made since the last time. */
export async function stopAll(): Promise<void> {
  await Promise.all(stops.splice(0).map((stop) => stop()));
}

export async function createNode(options: Partial<Libp2pTransportOptions> = {}): Promise<TestNode> {
  let badFrames = 0;
  const key = options.key ?? (await generateKeyPair("Ed25519"));
  const silent = { add: () => {}, set: () => {}, observe: () => {} };
  const { transport, libp2p } = await createLibp2pTransport({
    listen: LISTEN,
    clock: realClock,
    metrics: {
      counter: (name) =>
        name === "gadus_transport_bad_frames_total" ? { add: (amount = 1) => (badFrames += amount) } : silent,
      gauge: () => silent,
      histogram: () => silent,
    },
    ...options,
    key,
  });
  stops.push(() => transport.stop());
  return {
    transport,
    libp2p,
    key,
    heard: listenTo(transport),
    id: transport.identity.nodeId,
    address: () => transport.addresses()[0] ?? "",
    badFrames: () => badFrames,
  };
}

export async function startNode(options: Partial<Libp2pTransportOptions> = {}): Promise<TestNode> {
  const node = await createNode(options);
  await node.transport.start();
  return node;
}

/** A started libp2p node that speaks everything but the bid protocol. */
export async function startStranger(): Promise<GadusLibp2p> {
  const stranger = await createLibp2pNode({ key: await generateKeyPair("Ed25519"), listen: LISTEN });
  stops.push(async () => stranger.stop());
  await stranger.start();
  return stranger;
}

export async function openStream(from: GadusLibp2p, to: TestNode): Promise<Stream> {
  return from.dialProtocol(multiaddr(to.address()), BID_PROTOCOL);
}

export function frames(...contents: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([...encode(contents)]);
}

/** What either side says first on a stream. */
export const GREETING = Uint8Array.of(1);

/** A small message. */
export const start = (executionId: string): Message => ({ type: "start", executionId });

/** Settles once `target`, a stream or connection, is closed. */
export function closed(target: EventTarget): Promise<void> {
  return new Promise((resolve) => target.addEventListener("close", () => resolve(), { once: true }));
}
