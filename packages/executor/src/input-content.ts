import type { FileContent } from "./file-content.ts";
import type { AskInput } from "./input-channel.ts";
import { ERRNO } from "./wasi-constants.ts";
import { refuse } from "./wasi-error.ts";

/** The most that is asked of an input at once. */
export const MAX_BLOCK_BYTES = 256 * 1024;
const MIN_BLOCK_BYTES = 16 * 1024;
/** Files of which a block is kept at the same time: 4 MiB an execution. */
const MAX_KEPT_BLOCKS = 16;

/** The inputs of one execution: their files' blocks are fetched when they are read. */
export class InputBlocks {
  readonly ask: AskInput;
  readonly #kept = new Set<InputContent>();

  constructor(ask: AskInput) {
    this.ask = ask;
  }

  /** Marks `content` as the last used, and makes the longest unused let go of its block. */
  keep(content: InputContent): void {
    this.#kept.delete(content);
    this.#kept.add(content);
    if (this.#kept.size <= MAX_KEPT_BLOCKS) return;
    const [oldest] = this.#kept;
    if (oldest === undefined) return;
    this.#kept.delete(oldest);
    oldest.drop();
  }
}

/** A file of an input. Reads in sequence fetch larger blocks each time, others small ones. */
export class InputContent implements FileContent {
  readonly sizeBytes: number;
  readonly #blocks: InputBlocks;
  readonly #mount: number;
  readonly #path: string;
  #start = 0;
  #block: Uint8Array = new Uint8Array(0);
  #nextBytes = MIN_BLOCK_BYTES;

  constructor(blocks: InputBlocks, mount: number, path: string, sizeBytes: number) {
    this.#blocks = blocks;
    this.#mount = mount;
    this.#path = path;
    this.sizeBytes = sizeBytes;
  }

  read(offset: number, target: Uint8Array): number {
    const wanted = Math.max(0, Math.min(target.length, this.sizeBytes - offset));
    for (let done = 0; done < wanted; ) {
      const within = offset + done - this.#start;
      if (within < 0 || within >= this.#block.length) {
        this.#fetch(offset + done, wanted - done);
        continue;
      }
      const part = this.#block.subarray(within, within + wanted - done);
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

  drop(): void {
    this.#block = new Uint8Array(0);
  }

  #fetch(offsetBytes: number, wantedBytes: number): void {
    const sequential = offsetBytes === this.#start + this.#block.length;
    this.#nextBytes = sequential ? Math.min(this.#nextBytes * 2, MAX_BLOCK_BYTES) : MIN_BLOCK_BYTES;
    const aimedBytes = Math.min(Math.max(wantedBytes, this.#nextBytes), MAX_BLOCK_BYTES);
    const lengthBytes = Math.min(aimedBytes, this.sizeBytes - offsetBytes);
    const question = {
      kind: "read",
      mount: this.#mount,
      path: this.#path,
      offsetBytes,
      lengthBytes,
    } as const;
    const answer = this.#blocks.ask(question);
    if (answer.kind !== "read" || answer.bytes.length !== lengthBytes) refuse(ERRNO.io);
    this.#start = offsetBytes;
    this.#block = answer.bytes;
    this.#blocks.keep(this);
  }
}
