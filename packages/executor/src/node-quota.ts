import { ERRNO } from "./wasi-constants.ts";
import { refuse } from "./wasi-error.ts";

/** What a guest may still put into its file tree; beyond it is ENOSPC. */
export class NodeQuota {
  #bytes: number;
  #nodes: number;

  constructor(maxBytes: number, maxNodes: number) {
    this.#bytes = maxBytes;
    this.#nodes = maxNodes;
  }

  /** Takes `count` bytes more, or gives some back where it is negative. */
  takeBytes(count: number): void {
    if (count > this.#bytes) refuse(ERRNO.nospc);
    this.#bytes -= count;
  }

  takeNode(): void {
    if (this.#nodes === 0) refuse(ERRNO.nospc);
    this.#nodes -= 1;
  }

  giveNode(): void {
    this.#nodes += 1;
  }
}
