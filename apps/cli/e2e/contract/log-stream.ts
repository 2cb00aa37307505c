import { once } from "node:events";
import { inject } from "vitest";

/** What came over one stream of logs. */
export interface LogStream {
  /** The next frame, parsed; undefined once the stream is closed. */
  next(): Promise<unknown>;
  /** Every frame that is still to come. */
  rest(): Promise<readonly unknown[]>;
  /** How the server closed it. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Closes it as such clients do. */
  close(): void;
}

/** Opens the WebSocket of a job's logs with nothing but what a plain client sends. */
export async function openLogs(
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<LogStream> {
  const url = new URL(path, inject("network").api);
  url.protocol = "ws:";
  const socket = new WebSocket(url, { headers });
  const frames: string[] = [];
  let wake = (): void => {};
  socket.addEventListener("message", ({ data }) => {
    if (typeof data !== "string") throw new Error("a frame came that is no text");
    frames.push(data);
    wake();
  });
  const closed = (once(socket, "close") as Promise<[CloseEvent]>).then(([{ code, reason }]) => {
    wake();
    return { code, reason };
  });
  await Promise.race([once(socket, "open"), closed.then(({ code }) => refused(url, code))]);
  const isOpen = (): boolean => socket.readyState !== WebSocket.CLOSED;
  const next = async (): Promise<unknown> => {
    while (frames.length === 0 && isOpen()) await new Promise<void>((resolve) => (wake = resolve));
    const frame = frames.shift();
    return frame === undefined ? undefined : JSON.parse(frame);
  };
  return {
    next,
    closed,
    async rest() {
      const all: unknown[] = [];
      for (let frame = await next(); frame !== undefined; frame = await next()) all.push(frame);
      return all;
    },
    close: () => socket.close(1000, ""),
  };
}

function refused(url: URL, code: number): never {
  throw new Error(`${url.pathname} was not opened: ${code}`);
}
