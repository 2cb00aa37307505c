/** The last parameter of every asynchronous call. */
export interface CallOptions {
  /** Aborting it makes the call reject with the signal's own reason. */
  readonly signal?: AbortSignal | undefined;
}
