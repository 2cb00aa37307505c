import type { Stream } from "@libp2p/interface";
import type { LengthPrefixedReader } from "./length-prefixed.ts";

/**
 * The frames that `read` finds on `stream`, no faster than they are taken: what nobody takes stays with its sender, but
 * for what the stream's window holds.
 *
 * Must be called in the turn in which the stream came to be. Aborts the stream in the end; ends as the peer closes its
 * side, and throws where the stream breaks or what comes is no frame.
 */
export function readPaced<Frame>(
  stream: Stream,
  read: LengthPrefixedReader<Frame>,
  signal: AbortSignal,
): AsyncIterable<Frame> {
  const frames: Frame[] = [];
  let failure: Error | undefined;
  let isOver = false;
  let resuming = false;
  let wake = (): void => {};

  stream.addEventListener("message", ({ data }) => {
    if (failure !== undefined) return;
    try {
      read(data, (frame) => frames.push(frame));
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    // A pause within resume() is undone by it, as far as the sender is concerned.
    if (!resuming) pause();
    wake();
  });
  const over = (): void => {
    isOver = true;
    wake();
  };
  stream.addEventListener("remoteCloseWrite", over);
  stream.addEventListener("close", over);
  signal.addEventListener("abort", over);

  function pause(): void {
    if (stream.readStatus === "readable") stream.pause();
  }

  /** Takes what came meanwhile, and lets more come. */
  function resume(): void {
    if (stream.readStatus !== "paused") return;
    resuming = true;
    try {
      stream.resume();
    } finally {
      resuming = false;
    }
    if (frames.length > 0) pause();
  }

  return {
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          for (let frame = frames.shift(); frame !== undefined; frame = frames.shift()) {
            signal.throwIfAborted();
            yield frame;
          }
          signal.throwIfAborted();
          if (failure !== undefined) throw failure;
          resume();
          if (frames.length > 0) continue;
          if (isOver) return;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        signal.removeEventListener("abort", over);
        stream.abort(new Error("nothing more is read of it"));
      }
    },
  };
}
