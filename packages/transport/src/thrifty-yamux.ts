import { yamux } from "@chainsafe/libp2p-yamux";
import type { Stream, StreamMuxer, StreamMuxerFactory } from "@libp2p/interface";

type YamuxInit = Parameters<typeof yamux>[0];

/** What is used of a stream's insides; a version without them works as it is. */
interface WindowedStream {
  readonly state: number;
  readonly recvWindow: number;
  readonly recvWindowCapacity: number;
  sendWindowUpdate: () => void;
}

/** The state of a stream that both sides have acknowledged; in others an update carries the acknowledgement. */
const ESTABLISHED = 3;

/**
 * Yamux that tells the other side of room in a window only once half of it is used, as the Go implementation does.
 *
 * The library tells it after every frame: a write, and a wake-up of the peer, for each small message.
 */
export function thriftyYamux(init: YamuxInit): () => StreamMuxerFactory {
  return () => {
    const factory = yamux(init)();
    const createStreamMuxer = factory.createStreamMuxer.bind(factory);
    factory.createStreamMuxer = (connection) => {
      const muxer = createStreamMuxer(connection);
      saveUpdatesOfRemote(muxer);
      const createStream = muxer.createStream.bind(muxer);
      muxer.createStream = async (options) => {
        const stream = await createStream(options);
        saveUpdates(stream);
        return stream;
      };
      return muxer;
    };
    return factory;
  };
}

/** Not by a listener: before anyone else listens, the muxer keeps early streams for the first who does. */
function saveUpdatesOfRemote(muxer: StreamMuxer): void {
  const inner = muxer as StreamMuxer & { onRemoteStream?: (stream: Stream) => void };
  const onRemoteStream = inner.onRemoteStream?.bind(muxer);
  if (onRemoteStream === undefined) return;
  inner.onRemoteStream = (stream) => {
    saveUpdates(stream);
    onRemoteStream(stream);
  };
}

function saveUpdates(stream: Stream): void {
  const windowed = stream as unknown as Partial<WindowedStream>;
  if (typeof windowed.sendWindowUpdate !== "function" || typeof windowed.recvWindowCapacity !== "number")
    return;
  const inner = windowed as WindowedStream;
  const sendWindowUpdate = inner.sendWindowUpdate.bind(stream);
  inner.sendWindowUpdate = () => {
    const used = inner.recvWindow - inner.recvWindowCapacity;
    if (inner.state !== ESTABLISHED || used * 2 >= inner.recvWindow) sendWindowUpdate();
  };
}
