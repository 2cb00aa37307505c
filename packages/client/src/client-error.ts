/** What went wrong; callers branch on these. */
export type ClientErrorCode =
  /** The API refused what was asked: a wrong argument or document. */
  | "client/invalid-request"
  /** The API wants to know who asks, or that one may not. */
  | "client/unauthorized"
  | "client/not-found"
  /** The API has too much to do, or stops; later it may answer. */
  | "client/overloaded"
  /** Nothing answered, or the connection broke. */
  | "client/unreachable"
  /** The API answered with another error. */
  | "client/refused"
  /** What answered doesn't speak as the API does. */
  | "client/unexpected-answer"
  /** A block that was sent isn't what its CID names. */
  | "client/invalid-block"
  /** Content that can't be read: no CAR, no UnixFS, no CID. */
  | "client/not-readable"
  /** A target that holds something, or a name that no file may have. */
  | "client/not-allowed"
  | "client/disk-full";

/** What a {@link ClientError} carries beside its message. */
export interface ClientErrorOptions {
  readonly cause?: unknown;
  readonly status?: number | undefined;
  readonly apiCode?: string | undefined;
  readonly requestId?: string | undefined;
  readonly field?: string | undefined;
  readonly hint?: string | undefined;
}

/** The error of every call of the client; its message reads "Cannot <action> <value>: <state>". */
export class ClientError extends Error {
  readonly code: ClientErrorCode;
  /** The HTTP status; undefined where nothing answered. */
  readonly status: number | undefined;
  /** The API's own code, such as `node/invalid-request`. */
  readonly apiCode: string | undefined;
  /** What the API's log has of the request. */
  readonly requestId: string | undefined;
  /** The document field or parameter at fault, such as `Tasks[0].Engine.Type`. */
  readonly field: string | undefined;
  /** What would be right, in one sentence. */
  readonly hint: string | undefined;

  constructor(code: ClientErrorCode, message: string, options: ClientErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "ClientError";
    this.code = code;
    this.status = options.status;
    this.apiCode = options.apiCode;
    this.requestId = options.requestId;
    this.field = options.field;
    this.hint = options.hint;
  }
}

/** Whether the same call may be answered later: nothing answered, or what did has too much to do. */
export function isAway(error: unknown): boolean {
  return (
    error instanceof ClientError &&
    (error.code === "client/unreachable" || error.code === "client/overloaded")
  );
}
