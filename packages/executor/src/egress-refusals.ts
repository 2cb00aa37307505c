import type { Logger } from "@gadus/protocol";
import type { EgressTarget } from "./egress-rules.ts";

/** What a job was refused: each thing is logged and kept once, and no more of them than a limit. */
export class EgressRefusals {
  readonly #logger: Logger;
  readonly #limit: number;
  readonly #kept = new Set<string>();

  constructor(logger: Logger, limit: number) {
    this.#logger = logger;
    this.#limit = limit;
  }

  get list(): readonly string[] {
    return [...this.#kept];
  }

  /** Takes down that `target` was refused, and says so in words. */
  add({ host, port }: EgressTarget, reason: string): string {
    const words = `${host}:${port} ${reason}`;
    if (this.#kept.size < this.#limit && !this.#kept.has(words)) {
      this.#kept.add(words);
      this.#logger.info("a job was refused a connection", { host, port, reason });
    }
    return words;
  }
}
