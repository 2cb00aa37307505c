/** Who is at fault when something ended badly; only blame on the `node` keeps it from being asked again. */
export type Blame = "node" | "job" | "nobody";

/** What a {@link CodedError} carries beside its message. */
export interface CodedErrorOptions {
  readonly cause?: unknown;
  /** @default "nobody" */
  readonly blame?: Blame;
  /** The document field at fault, such as `Tasks[0].Engine.Type`. */
  readonly field?: string;
  /** What would be right, in one sentence. */
  readonly hint?: string;
}

/**
 * An error that callers branch on by `code`, never by message or `instanceof`.
 *
 * Codes are `"package/kebab-case"`. Messages read "Cannot <action> <value>: <state>".
 */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly blame: Blame;
  readonly field: string | undefined;
  readonly hint: string | undefined;

  constructor(code: Code, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.blame = options.blame ?? "nobody";
    this.field = options.field;
    this.hint = options.hint;
  }
}

/** Whether `error` carries a code, from whichever package it comes. */
export function isCodedError(error: unknown): error is CodedError {
  return (
    error instanceof Error && typeof (error as Partial<CodedError>).code === "string" && "blame" in error
  );
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
