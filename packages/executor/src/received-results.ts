import type { CallOptions } from "@gadus/protocol";
import type { ScratchFolder } from "@gadus/storage";
import { MAX_RESULT_PATH_BYTES } from "./collect-results.ts";
import { MAX_PARTS_AHEAD } from "./executor-messages.ts";
import { PartQueue } from "./part-queue.ts";
import { ProtocolError } from "./read-executor-message.ts";

/** What an executor process may leave of one execution. */
export interface ResultLimits {
  readonly maxStdoutBytes: number;
  readonly maxStderrBytes: number;
  /** Of all files under result paths. */
  readonly maxOutputBytes: number;
  /** `stdout` and `stderr` among them. */
  readonly maxFiles: number;
  /** Names in the path of one. */
  readonly maxResultDepth: number;
  /** Names of the task's result paths. */
  readonly names: readonly string[];
}

/** What is done with results that come. */
export interface ResultPorts {
  readonly results: ScratchFolder;
  /** Whether they are still wanted; else they are dropped. */
  wanted(): boolean;
  /** One more frame may come. */
  taken(): void;
}

/** Writes the results of one execution down while they come, never holding more than a few frames of them. */
export class ReceivedResults {
  readonly #limits: ResultLimits;
  readonly #ports: ResultPorts;
  readonly #options: CallOptions;
  readonly #writes = new Set<Promise<void>>();
  #bytesLeft: number;
  #filesLeft: number;
  #partsAhead = 0;
  #open: PartQueue | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(limits: ResultLimits, ports: ResultPorts, options: CallOptions) {
    this.#limits = limits;
    this.#ports = ports;
    this.#options = options;
    this.#bytesLeft = limits.maxOutputBytes;
    this.#filesLeft = limits.maxFiles;
  }

  /**
   * Takes the beginning of a file, which may be all of it.
   *
   * @throws {ProtocolError} for one that the task can't have left
   */
  file(path: string, sizeBytes: number, first: Uint8Array): void {
    if (this.#open !== undefined) throw new ProtocolError("a file begins before the last one ended");
    this.#charge(path, sizeBytes);
    this.#count();
    if (first.length === sizeBytes) {
      this.#write(path, first, () => this.#take());
      return;
    }
    if (first.length > sizeBytes) throw new ProtocolError(`"${path}" is longer than it was said to be`);
    this.#begin(path, sizeBytes, first);
  }

  /** @throws {ProtocolError} where nothing is to come */
  part(bytes: Uint8Array): void {
    const open = this.#open;
    if (open === undefined || bytes.length > open.bytesToCome) {
      throw new ProtocolError("more of a file came than was said");
    }
    this.#count();
    open.push(bytes);
    if (open.bytesToCome === 0) this.#open = undefined;
  }

  /** @throws {ProtocolError} where more of a file was to come */
  checkWhole(): void {
    if (this.#open !== undefined) throw new ProtocolError("a file has no end");
  }

  /**
   * Settles once all that came is written.
   *
   * @throws what a write rejected with
   */
  async written(): Promise<void> {
    await Promise.all(this.#writes);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Ends what is being written, since no more will come; settles once nothing is. */
  async abandon(): Promise<void> {
    this.#open?.fail(new ProtocolError("the rest of a file never came"));
    await Promise.all(this.#writes);
  }

  #charge(path: string, sizeBytes: number): void {
    const { maxStdoutBytes, maxStderrBytes } = this.#limits;
    this.#filesLeft -= 1;
    if (this.#filesLeft < 0) throw new ProtocolError("there are more files than the task may make");
    if (path === "stdout" || path === "stderr") {
      if (sizeBytes <= (path === "stdout" ? maxStdoutBytes : maxStderrBytes)) return;
      throw new ProtocolError(`"${path}" has ${sizeBytes} bytes, more than are kept`);
    }
    this.#checkPath(path);
    this.#bytesLeft -= sizeBytes;
    if (this.#bytesLeft < 0)
      throw new ProtocolError("there are more bytes of results than the task may write");
  }

  #checkPath(path: string): void {
    const { names, maxResultDepth } = this.#limits;
    const parts = path.length > MAX_RESULT_PATH_BYTES ? [] : path.split("/");
    const [name = ""] = parts;
    const plain = parts.every((part) => part !== "" && part !== "." && part !== "..");
    const fits = parts.length > 1 && parts.length <= maxResultDepth;
    if (names.includes(name) && plain && fits) return;
    throw new ProtocolError(`"${path.slice(0, 80)}" is no path under a result path`);
  }

  #count(): void {
    this.#partsAhead += 1;
    if (this.#partsAhead > MAX_PARTS_AHEAD) throw new ProtocolError("results came that nobody was ready for");
  }

  #take(): void {
    this.#partsAhead -= 1;
    this.#ports.taken();
  }

  #begin(path: string, sizeBytes: number, first: Uint8Array): void {
    const queue = new PartQueue({ sizeBytes, taken: () => this.#take() });
    queue.push(first);
    this.#open = queue;
    this.#write(path, queue, () => {});
  }

  #write(path: string, content: Uint8Array | PartQueue, done: () => void): void {
    const write = this.#store(path, content)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#writes.delete(write);
        done();
      });
    this.#writes.add(write);
  }

  /** What can't be written is taken all the same, so that its sender comes to an end. */
  async #store(path: string, content: Uint8Array | PartQueue): Promise<void> {
    try {
      if (this.#failure !== undefined || !this.#ports.wanted()) return;
      await this.#ports.results.write(path, content, this.#options);
    } finally {
      if (content instanceof PartQueue) await content.drain();
    }
  }
}
