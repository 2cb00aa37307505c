const BLOCK_BYTES = 32;

/** Bytes that look random and depend on `seed` alone: SHA-256 of the seed and a counter, block by block. */
export class SeededRandom {
  readonly #input: Uint8Array;
  readonly #counter: DataView;
  #block = new Uint8Array(0);
  #used = 0;
  #blocks = 0n;

  constructor(seed: Uint8Array) {
    this.#input = new Uint8Array(seed.length + 8);
    this.#input.set(seed);
    this.#counter = new DataView(this.#input.buffer, seed.length);
  }

  /** Fills `target` with the bytes that come next. */
  fill(target: Uint8Array): void {
    // Loaded when first wanted: it would double the time that a worker takes to start.
    const { hash } = process.getBuiltinModule("node:crypto");
    for (let at = 0; at < target.length; ) {
      if (this.#used === this.#block.length) {
        this.#counter.setBigUint64(0, this.#blocks, true);
        this.#blocks += 1n;
        this.#block = hash("sha256", this.#input, "buffer");
        this.#used = 0;
      }
      const taken = Math.min(BLOCK_BYTES - this.#used, target.length - at);
      target.set(this.#block.subarray(this.#used, this.#used + taken), at);
      this.#used += taken;
      at += taken;
    }
  }
}
