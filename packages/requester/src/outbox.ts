import { type Counter, type Logger, type Message, messageOf, type Metrics } from "@gadus/protocol";
import type { Transport } from "@gadus/transport";

/** What an outbox sends with. */
export interface OutboxPorts {
  readonly transport: Transport;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Sends a requester's messages; those that can't be sent are counted, and told again when both sides compare. */
export class Outbox {
  readonly #ports: OutboxPorts;
  readonly #unsent: Counter;

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
    this.#unsent = ports.metrics.counter(
      "gadus_requester_unsent_messages_total",
      "Messages that couldn't be sent, by type; what they say is told again when both sides compare.",
      ["type"],
    );
  }

  /** Sends a message; rejects where that can't be. */
  async deliver(to: string, message: Message): Promise<void> {
    try {
      await this.#ports.transport.send(to, message);
    } catch (error) {
      this.#unsent.add(1, { type: message.type });
      throw error;
    }
  }

  /** Sends a message if that can be. */
  send(to: string, message: Message): void {
    this.deliver(to, message).catch((error: unknown) => {
      const { logger } = this.#ports;
      logger.debug("Cannot send a message", { to, type: message.type, error: messageOf(error) });
    });
  }
}
