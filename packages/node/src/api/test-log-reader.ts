import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";

/** A frame of logs, as the API sends it. */
export interface LogLineFrame {
  readonly value: { readonly Type: number; readonly Line: string };
  readonly origin?: { readonly ExecutionID: string; readonly NodeID: string };
  readonly error?: string;
}

/** A WebSocket client that stops to take anything when it is told to, which no other does. */
export interface LogReader {
  readonly frames: readonly LogLineFrame[];
  readonly socket: Socket;
  /** The close code, once the server has closed. */
  readonly closed: Promise<number>;
  /** Settles once there are so many frames. */
  have(count: number): Promise<void>;
}

const TEXT = 1;
const CLOSE = 8;

/** Opens `path` of the API at `apiUrl` as a WebSocket, and takes its frames; rejects where it is refused. */
export async function readLogFrames(apiUrl: string, path: string): Promise<LogReader> {
  const { hostname, port } = new URL(apiUrl);
  const socket = connect(Number(port), hostname);
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  let held = Buffer.alloc(0);
  while (!held.includes("\r\n\r\n")) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    held = Buffer.concat([held, chunk]);
  }
  if (!held.subarray(0, 12).equals(Buffer.from("HTTP/1.1 101"))) throw new Error(held.toString());
  held = held.subarray(held.indexOf("\r\n\r\n") + 4);
  const frames: LogLineFrame[] = [];
  const closed = Promise.withResolvers<number>();
  const take = (chunk: Buffer): void => {
    held = Buffer.concat([held, chunk]);
    for (let frame = frameAt(held); frame !== undefined; frame = frameAt(held)) {
      held = held.subarray(frame.end);
      if (frame.opcode === TEXT) frames.push(JSON.parse(frame.payload.toString()) as LogLineFrame);
      if (frame.opcode === CLOSE) closed.resolve(frame.payload.readUInt16BE(0));
    }
  };
  socket.on("data", take);
  socket.on("close", () => closed.resolve(1006));
  socket.on("error", () => {});
  take(Buffer.alloc(0));
  return {
    frames,
    socket,
    closed: closed.promise,
    have: async (count) => {
      while (frames.length < count && !socket.destroyed) await nextTurn();
    },
  };
}

/** The frame that `bytes` begin with (RFC 6455, 5.2), as servers send them: without a mask, in one piece. */
function frameAt(
  bytes: Buffer,
): { readonly opcode: number; readonly payload: Buffer; readonly end: number } | undefined {
  const short = (bytes[1] ?? 0) & 0x7f;
  const header = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < header) return undefined;
  const length =
    short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  const end = header + length;
  if (bytes.length < end) return undefined;
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload: bytes.subarray(header, end), end };
}
