import { type CommitOptions, type Logger, type Message, messageOf } from "@gadus/protocol";
import type { Transport } from "@gadus/transport";
import { ComputeError } from "./compute-error.ts";
import type { ComputeMetrics } from "./compute-metrics.ts";
import type { ComputeStore, ComputeWrite } from "./store.ts";

/**
 * Writes `writes`, durable unless `options` say otherwise, and only then sends `messages` to the node `to`.
 *
 * It is the only way to a peer: a message can't leave before the commit that it depends on. It rejects as the store
 * does, and then sends nothing. What can't be sent is counted, and told again when both sides compare.
 */
export type Step = (
  writes: readonly ComputeWrite[],
  to: string,
  messages: readonly Message[],
  options?: CommitOptions,
) => Promise<void>;

export interface Stepper {
  readonly step: Step;
  /** Settles once all that was written so far survives a power loss. */
  synced(): Promise<void>;
  /** After this, nothing is written or sent. */
  close(): void;
}

export function makeStepper(
  store: ComputeStore,
  transport: Transport,
  logger: Logger,
  metrics: ComputeMetrics,
): Stepper {
  let closed = false;

  async function commit(writes: readonly ComputeWrite[], options: CommitOptions): Promise<void> {
    try {
      await store.commit(writes, options);
    } catch (error) {
      metrics.storeFailures.add();
      throw error;
    }
  }

  return {
    async step(writes, to, messages, options = {}) {
      if (closed)
        throw new ComputeError("compute/stopping", "Cannot write an execution: the node has stopped");
      if (writes.length > 0) await commit(writes, options);
      if (closed) return;
      for (const message of messages) {
        transport.send(to, message).catch((error: unknown) => {
          metrics.unsent.add(1, { type: message.type });
          logger.debug("message not sent", { to, type: message.type, reason: messageOf(error) });
        });
      }
    },
    async synced() {
      await commit([], { durable: true });
    },
    close() {
      closed = true;
    },
  };
}
