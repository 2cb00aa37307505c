import { MAX_PRINTED_BYTES, MAX_PRINTED_PARTS } from "./executor-messages.ts";
import { writeParts } from "./print-parts.ts";
import { PrintedReader } from "./printed-memory.ts";

/** The shortest time between two frames of one execution, while it goes on. */
const PAUSE_MS = 20;

/**
 * Hands on what one guest prints while it runs, from the memory that its thread writes it to.
 *
 * One frame is under way at a time, so a node that is slow has what comes meanwhile wait in that memory, and the guest
 * waits for nobody.
 */
export class LiveOutput {
  readonly #send: (body: Uint8Array) => void;
  #reader: PrintedReader | undefined;
  #isUnderWay = false;
  #pause: NodeJS.Timeout | undefined;
  #drained: (() => void) | undefined;

  /** @param send sends one frame, which `heard` answers */
  constructor(send: (body: Uint8Array) => void) {
    this.#send = send;
  }

  /** The guest printed more. */
  more(memory: SharedArrayBuffer | undefined): void {
    if (memory !== undefined) this.#reader = new PrintedReader(memory);
    if (!this.#isUnderWay && this.#pause === undefined) this.#pass();
  }

  /** The node has taken the last frame. */
  heard(): void {
    this.#isUnderWay = false;
    if (this.#drained !== undefined) this.#pass();
    else {
      this.#pause = setTimeout(() => {
        this.#pause = undefined;
        this.#pass();
      }, PAUSE_MS);
    }
  }

  /** The guest prints no more: settles once the node has taken all. */
  async end(): Promise<void> {
    clearTimeout(this.#pause);
    this.#pause = undefined;
    if (this.#reader === undefined) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      if (!this.#isUnderWay) this.#pass();
    });
  }

  #pass(): void {
    this.#reader?.expect();
    const parts = this.#reader?.take(MAX_PRINTED_BYTES, MAX_PRINTED_PARTS) ?? [];
    if (parts.length === 0) {
      this.#drained?.();
      return;
    }
    this.#isUnderWay = true;
    this.#send(writeParts(parts));
  }
}
