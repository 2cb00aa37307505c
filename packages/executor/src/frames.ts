import type { Writable } from "node:stream";
import { stateOf } from "./task-error.ts";

/** What one frame may have at most. */
export interface FrameLimits {
  readonly maxHeaderBytes: number;
  readonly maxBodyBytes: number;
}

/** What is done with frames that come. */
export interface FrameHandlers {
  /** Where the bytes of a body go; new memory where it says nothing. */
  bodyOf?(header: unknown, sizeBytes: number): Uint8Array | undefined;
  receive(header: unknown, body: Uint8Array): void;
}

/** A frame that can't be one: the stream can't be read on. */
export class FrameError extends Error {}

/** The lengths of header and body, each a little-endian u32. */
const PREFIX_BYTES = 8;
const NO_BYTES = new Uint8Array(0);

/** Writes one frame: `header` as JSON, and `body` as it is, which must stay so until `written` is called. */
export function writeFrame(
  stream: Writable,
  header: object,
  body: Uint8Array = NO_BYTES,
  written: () => void = () => {},
): void {
  const json = Buffer.from(JSON.stringify(header));
  const head = Buffer.allocUnsafe(PREFIX_BYTES + json.length);
  head.writeUInt32LE(json.length, 0);
  head.writeUInt32LE(body.length, 4);
  json.copy(head, PREFIX_BYTES);
  if (body.length === 0) {
    stream.write(head);
    return;
  }
  stream.cork();
  stream.write(head);
  // Where it fails, nothing tells when the system has let go of the body.
  stream.write(body, (error) => {
    if (!error) written();
  });
  stream.uncork();
}

/** Takes a stream of frames apart, in whatever pieces it comes; bodies go straight to where they belong. */
export class FrameReader {
  readonly #limits: FrameLimits;
  readonly #handlers: FrameHandlers;
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #part: "prefix" | "header" | "body" = "prefix";
  #target: Uint8Array = this.#prefix;
  #filled = 0;
  #header: unknown;

  constructor(limits: FrameLimits, handlers: FrameHandlers) {
    this.#limits = limits;
    this.#handlers = handlers;
  }

  /**
   * Takes the bytes that come next; they may be used again afterwards.
   *
   * @throws {FrameError} for what is over a limit, or has no header that can be read, and what the handlers throw
   */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const taken = Math.min(this.#target.length - this.#filled, bytes.length - at);
      this.#target.set(bytes.subarray(at, at + taken), this.#filled);
      at += taken;
      this.#filled += taken;
      while (this.#filled === this.#target.length && this.#advance());
    }
  }

  /** Goes on to the next part; false where that is the next frame. */
  #advance(): boolean {
    if (this.#part === "prefix") {
      const sizeBytes = this.#prefix.readUInt32LE(0);
      const { maxHeaderBytes, maxBodyBytes } = this.#limits;
      checkSize("header", sizeBytes, maxHeaderBytes);
      checkSize("body", this.#prefix.readUInt32LE(4), maxBodyBytes);
      this.#expect("header", Buffer.allocUnsafe(sizeBytes));
      return true;
    }
    if (this.#part === "header") {
      const sizeBytes = this.#prefix.readUInt32LE(4);
      this.#header = parse(this.#target);
      const place = sizeBytes === 0 ? NO_BYTES : this.#handlers.bodyOf?.(this.#header, sizeBytes);
      this.#expect("body", place ?? Buffer.allocUnsafeSlow(sizeBytes));
      return true;
    }
    const body = this.#target;
    this.#expect("prefix", this.#prefix);
    this.#handlers.receive(this.#header, body);
    return false;
  }

  #expect(part: "prefix" | "header" | "body", target: Uint8Array): void {
    this.#part = part;
    this.#target = target;
    this.#filled = 0;
  }
}

function checkSize(what: string, sizeBytes: number, maxBytes: number): void {
  if (sizeBytes <= maxBytes) return;
  throw new FrameError(`a frame's ${what} of ${sizeBytes} bytes is over the limit of ${maxBytes}`);
}

function parse(json: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.length).toString("utf8"));
  } catch (error) {
    throw new FrameError(`a frame's header is not JSON: ${stateOf(error)}`);
  }
}
