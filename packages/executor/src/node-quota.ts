import { type HostFuel, PRICE } from "./host-fuel.ts";
import { ERRNO } from "./wasi-constants.ts";
import { refuse } from "./wasi-error.ts";

/** What a guest may still put into its file tree, and what it takes of its fuel to do so; beyond it is ENOSPC. */
export class NodeQuota {
  #bytes: number;
  #nodes: number;
  /** What growing is charged to. */
  readonly fuel: HostFuel;

  constructor(maxBytes: number, maxNodes: number, fuel: HostFuel) {
    this.#bytes = maxBytes;
    this.#nodes = maxNodes;
    this.fuel = fuel;
  }

  /** Takes `count` bytes more, or gives some back where it is negative. */
  takeBytes(count: number): void {
    if (count > this.#bytes) refuse(ERRNO.nospc);
    if (count > 0) this.fuel.charge(count * PRICE.grownByte);
    this.#bytes -= count;
  }

  /** Takes a node, or one more name of one, that holds `bytes`. */
  takeNode(bytes = 0): void {
    if (this.#nodes === 0) refuse(ERRNO.nospc);
    this.takeBytes(bytes);
    this.#nodes -= 1;
  }

  giveNode(): void {
    this.#nodes += 1;
  }
}
