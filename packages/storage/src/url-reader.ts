import type { CallOptions } from "@gadus/protocol";

/** Reads what is behind URLs, as it is now. */
export interface UrlReader {
  /**
   * Asks for what is behind `url`.
   *
   * @throws {StorageError} `storage/not-allowed`, `storage/invalid-source`, `storage/not-found`,
   * `storage/not-readable`, `storage/unreachable`
   * @throws the signal's reason, if `signal` aborts
   */
  open(url: string, options?: CallOptions): Promise<UrlContent>;
}

/** What a server has behind a URL. */
export interface UrlContent {
  /** As the server says; undefined where it doesn't. */
  readonly sizeBytes: number | undefined;
  /** Names this version to the byte; undefined where the server gives no such name. */
  readonly etag: string | undefined;
  /**
   * All of it, in order, once; what the server breaks off is asked for again where it can be.
   *
   * @throws {StorageError} `storage/unreachable` where not all of it comes, `storage/changed`
   */
  chunks(): AsyncIterable<Uint8Array>;
  /** SHA-256, in hex, of what {@link UrlContent.chunks} gave. */
  sha256(): string;
  /** Has the server send no more. */
  close(): void;
}
