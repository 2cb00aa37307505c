import type { FileContent } from "./file-content.ts";
import { InputBlock, type InputBlocks, MAX_BLOCK_BYTES, MIN_BLOCK_BYTES } from "./input-blocks.ts";
import { ERRNO } from "./wasi-constants.ts";
import { refuse } from "./wasi-error.ts";

/** Places of one file that are read in turn, each in a sequence of its own. */
const MAX_PLACES = 8;

/**
 * A file of an input, whose blocks are fetched when they are read.
 *
 * A block that goes on where another ended is twice as large, up to its share of what is kept; one anywhere else holds what was asked for and little more.
 */
export class InputContent implements FileContent {
  readonly sizeBytes: number;
  readonly #blocks: InputBlocks;
  readonly #mount: number;
  readonly #path: string;
  /** The last one read first. */
  #places: readonly InputBlock[] = [];

  constructor(blocks: InputBlocks, mount: number, path: string, sizeBytes: number) {
    this.#blocks = blocks;
    this.#mount = mount;
    this.#path = path;
    this.sizeBytes = sizeBytes;
  }

  read(offset: number, target: Uint8Array): number {
    const wanted = Math.max(0, Math.min(target.length, this.sizeBytes - offset));
    for (let done = 0; done < wanted; ) {
      const at = offset + done;
      const block = this.#find(at) ?? this.#fetch(at, wanted - done);
      const part = block.bytes.subarray(at - block.start, at - block.start + wanted - done);
      target.set(part, done);
      done += part.length;
    }
    return wanted;
  }

  write(): void {
    refuse(ERRNO.rofs);
  }

  resize(): void {
    refuse(ERRNO.rofs);
  }

  #find(at: number): InputBlock | undefined {
    const [last] = this.#places;
    const block = last?.holds(at) ? last : this.#places.find((place) => place.holds(at));
    if (block === undefined) return undefined;
    if (block !== last) this.#places = [block, ...this.#places.filter((place) => place !== block)];
    this.#blocks.use(block);
    return block;
  }

  #fetch(at: number, wantedBytes: number): InputBlock {
    const before = this.#places.find((place) => place.end === at);
    const range = rangeOf(at, wantedBytes, before && this.#blocks.sizeAfter(before));
    const lengthBytes = Math.min(range.end, this.sizeBytes) - range.start;
    const answer = this.#blocks.ask({
      kind: "read",
      mount: this.#mount,
      path: this.#path,
      offsetBytes: range.start,
      lengthBytes,
    });
    if (answer.kind !== "read" || answer.bytes.length !== lengthBytes) return refuse(ERRNO.io);
    const block = new InputBlock(answer.bytes, {
      ...range,
      goesOn: before !== undefined,
      drop: () => {
        this.#places = this.#places.filter((place) => place !== block);
      },
    });
    if (before !== undefined) this.#blocks.letGo(before);
    const last = this.#places[MAX_PLACES - 1];
    if (last !== undefined) this.#blocks.letGo(last);
    this.#places = [block, ...this.#places];
    this.#blocks.keep(block);
    return block;
  }
}

/**
 * What to ask for where `wantedBytes` are wanted at `at`.
 *
 * It ends at a multiple of its size, which is a power of two: where storage keeps such blocks too, none is fetched
 * for a part of it.
 */
function rangeOf(
  at: number,
  wantedBytes: number,
  sequelBytes: number | undefined,
): { readonly start: number; readonly end: number; readonly sizeBytes: number } {
  const aimed = sequelBytes ?? MIN_BLOCK_BYTES;
  const start = sequelBytes === undefined ? at - (at % MIN_BLOCK_BYTES) : at;
  const enough = Math.ceil((at + wantedBytes) / MIN_BLOCK_BYTES) * MIN_BLOCK_BYTES;
  const end = Math.min(Math.max(start + aimed - (start % aimed), enough), start + MAX_BLOCK_BYTES);
  return { start, end, sizeBytes: Math.max(aimed, 2 ** Math.floor(Math.log2(end - start))) };
}
