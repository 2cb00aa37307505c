import type { BidStream } from "./bid-stream.ts";
import type { Outbox } from "./outbox.ts";

/** What goes into one write. */
const MAX_BATCH_BYTES = 256 * 1024;

/** Writes the next of what waits in `outbox` to `stream`; nothing of it is lost where that throws. */
export function writeBatch(stream: BidStream, outbox: Outbox): void {
  const batch = outbox.take(MAX_BATCH_BYTES);
  if (batch === undefined) return;
  try {
    stream.write(batch.frames);
  } catch (error) {
    batch.putBack();
    throw error;
  }
  batch.settle();
}
