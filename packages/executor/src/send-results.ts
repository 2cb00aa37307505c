import type { FromExecutor } from "./executor-messages.ts";
import { MAX_PART_BYTES, MAX_PARTS_AHEAD } from "./executor-messages.ts";

/** One file of a results folder. */
export interface SentFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Sends one frame. */
export type SendFrame = (message: FromExecutor, body?: Uint8Array) => void;

/** How much of an execution's results may be sent before more of them has been taken. */
export class SendWindow {
  #left = MAX_PARTS_AHEAD;
  #waiting: (() => void) | undefined;

  /** One frame has been taken. */
  taken(): void {
    this.#left += 1;
    this.#waiting?.();
    this.#waiting = undefined;
  }

  /** Waits until one more frame may be sent. */
  async enter(): Promise<void> {
    await this.#reach(1);
    this.#left -= 1;
  }

  /** Waits until all that was sent has been taken. */
  drained(): Promise<void> {
    return this.#reach(MAX_PARTS_AHEAD);
  }

  async #reach(left: number): Promise<void> {
    while (this.#left < left) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }
}

/** Sends `files` in order, in parts that are never copied, as fast as they are taken; ends early when `signal` aborts. */
export async function sendResults(
  execution: number,
  files: readonly SentFile[],
  {
    send,
    window,
    signal,
  }: { readonly send: SendFrame; readonly window: SendWindow; readonly signal: AbortSignal },
): Promise<void> {
  for (const { path, bytes } of files) {
    for (let offset = 0; offset === 0 || offset < bytes.length; offset += MAX_PART_BYTES) {
      await window.enter();
      if (signal.aborted) return;
      const part = bytes.subarray(offset, offset + MAX_PART_BYTES);
      if (offset === 0) send({ kind: "file", execution, path, sizeBytes: bytes.length }, part);
      else send({ kind: "part", execution }, part);
    }
  }
}
