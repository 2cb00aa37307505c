import {
  type Clock,
  decodeValue,
  encodeValue,
  type Logger,
  type LogFrame,
  logFrameSchema,
  type LogRequest,
  logRequestSchema,
  LOGS_PROTOCOL,
  MAX_LOG_FRAME_BYTES,
  MAX_LOG_REQUEST_BYTES,
  messageOf,
} from "@gadus/protocol";
import type { Connection, Stream } from "@libp2p/interface";
import { encode } from "it-length-prefixed";
import { pEvent } from "p-event";
import { createLogDesk } from "./answer-logs.ts";
import { connectPeer } from "./connect-peer.ts";
import { type LengthPrefixedReader, lengthPrefixedReader } from "./length-prefixed.ts";
import type { GadusLibp2p } from "./libp2p-node.ts";
import { MAX_LOG_STREAMS, MAX_LOG_STREAMS_A_PEER } from "./limits.ts";
import { readPaced } from "./read-paced.ts";
import type { LogHandler } from "./transport.ts";
import { unreachable } from "./unreachable.ts";

/** How long a peer may take to say what it wants. */
const PATIENCE_MS = 10_000;
/** How long it may take to read the last of what was sent, and to let go. */
const LINGER_MS = 300_000;
/** Bytes written to a stream that its peer doesn't take; beyond, writing waits. */
const MAX_UNSENT_BYTES = 128 * 1024;

export interface LogStreamsOptions {
  readonly libp2p: GadusLibp2p;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Logs on libp2p: a stream for each reading, with one request and then frames until all is said. */
export interface LogStreams {
  /** Registers the protocol; before libp2p starts. */
  prepare(): Promise<void>;
  stop(): Promise<void>;
  open(to: string, request: LogRequest, signal: AbortSignal | undefined): AsyncIterable<LogFrame>;
  serve(handler: LogHandler): () => void;
}

export function createLogStreams({ libp2p, clock, logger }: LogStreamsOptions): LogStreams {
  const desk = createLogDesk(logger);
  const selfId = libp2p.peerId.toString();
  const served = new Set<Stream>();

  function onStream(stream: Stream, connection: Connection): void {
    if (served.size >= MAX_LOG_STREAMS) {
      stream.abort(new Error(`${served.size} logs are read here already`));
      return;
    }
    const peerId = connection.remotePeer.toString();
    const reader = new AbortController();
    served.add(stream);
    stream.addEventListener("close", () => {
      served.delete(stream);
      timer.cancel();
      reader.abort(new Error("the reader of a log has gone"));
    });
    stream.addEventListener("remoteCloseWrite", () => stream.abort(new Error("the reader has let go")));
    const timer = clock.setTimer(PATIENCE_MS, () => stream.abort(new Error("it asked for nothing in time")));
    const drop = (error: unknown): void => {
      if (!reader.signal.aborted)
        logger.debug("a stream of logs was dropped", { peerId, error: messageOf(error) });
      stream.abort(new Error("its peer did not keep to the protocol"));
    };
    const read = lengthPrefixedReader(MAX_LOG_REQUEST_BYTES);
    let asked = false;
    stream.addEventListener("message", ({ data }) => {
      if (reader.signal.aborted) return;
      try {
        read(data, (frame) => {
          if (asked) throw new Error("it asks twice");
          asked = true;
          timer.cancel();
          const request = decodeValue(logRequestSchema, frame, MAX_LOG_REQUEST_BYTES);
          answer(stream, desk.answer(peerId, request, reader.signal), reader.signal).catch(drop);
        });
      } catch (error) {
        drop(error);
      }
    });
  }

  async function answer(stream: Stream, frames: AsyncIterable<LogFrame>, signal: AbortSignal): Promise<void> {
    for await (const frame of frames) {
      await roomIn(stream, signal);
      stream.send(framed(frame));
    }
    await roomIn(stream, signal);
    stream.send(framed({ type: "end" }));
    const timer = clock.setTimer(LINGER_MS, () => stream.abort(new Error("the reader did not let go")));
    signal.addEventListener("abort", () => timer.cancel(), { once: true });
  }

  return {
    async prepare() {
      await libp2p.handle(LOGS_PROTOCOL, onStream, {
        maxInboundStreams: MAX_LOG_STREAMS_A_PEER,
        maxOutboundStreams: MAX_LOG_STREAMS_A_PEER,
      });
    },
    async stop() {
      for (const stream of served) stream.abort(new Error("this node is stopping"));
      await libp2p.unhandle(LOGS_PROTOCOL);
    },
    async *open(to, request, signal = new AbortController().signal) {
      if (to === selfId) yield* desk.answer(selfId, request, signal);
      else yield* readFrom(libp2p, to, request, signal);
    },
    serve: (handler) => desk.serve(handler),
  };
}

async function* readFrom(
  libp2p: GadusLibp2p,
  to: string,
  request: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<LogFrame, void, undefined> {
  try {
    const connection = await connectPeer(libp2p, to, signal);
    const stream = await connection.newStream(LOGS_PROTOCOL, { signal });
    const frames = readPaced(stream, frameReader(), signal);
    stream.send(framed(request));
    for await (const frame of frames) {
      if (frame.type === "end") return;
      yield frame;
      if (frame.type === "fail") return;
    }
    throw new Error("its stream ended before the log did");
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(to, error);
  }
}

type WireFrame = LogFrame | { readonly type: "end" };

function frameReader(): LengthPrefixedReader<WireFrame> {
  const read = lengthPrefixedReader(MAX_LOG_FRAME_BYTES);
  return (data, take) => read(data, (frame) => take(decodeValue(logFrameSchema, frame, MAX_LOG_FRAME_BYTES)));
}

function framed(value: WireFrame | LogRequest): Uint8Array {
  return Buffer.concat([...encode([encodeValue(value)])]);
}

/** Settles once the peer has taken enough for more to be written; rejects once it is gone. */
async function roomIn(stream: Stream, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  while (stream.writableNeedsDrain || stream.writeBufferLength > MAX_UNSENT_BYTES) {
    await pEvent(stream, "drain", { signal });
  }
}
