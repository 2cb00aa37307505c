import { CodedError, type CodedErrorOptions } from "@gadus/protocol/coded-error";

/** How the command ends; scripts branch on these. */
export const EXIT = {
  right: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  notFound: 4,
  /** Of what passes on how a program ended: it could not be run, or has no ending to pass on. */
  notRun: 125,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export type CliErrorCode =
  | "cli/usage"
  | "cli/unreachable"
  | "cli/not-found"
  | "cli/refused"
  | "cli/interrupted"
  | "cli/unexpected-answer"
  | "cli/devnet-failed"
  | "cli/not-writable"
  | "cli/not-run";

const EXIT_BY_CODE: { readonly [C in CliErrorCode]: ExitCode } = {
  "cli/usage": EXIT.usage,
  "cli/unreachable": EXIT.unreachable,
  "cli/not-found": EXIT.notFound,
  "cli/refused": EXIT.failed,
  "cli/interrupted": EXIT.interrupted,
  "cli/unexpected-answer": EXIT.failed,
  "cli/devnet-failed": EXIT.failed,
  "cli/not-writable": EXIT.failed,
  "cli/not-run": EXIT.notRun,
};

/** Why the command can't do what it was told. */
export class CliError extends CodedError<CliErrorCode> {
  readonly exitCode: ExitCode;

  constructor(code: CliErrorCode, message: string, options: CodedErrorOptions = {}) {
    super(code, message, options);
    this.exitCode = EXIT_BY_CODE[code];
  }
}

/** The exit codes of what isn't the command's own: 1 for the rest. */
const EXIT_BY_OTHER_CODE: Readonly<Record<string, ExitCode>> = {
  "client/invalid-request": EXIT.usage,
  "client/not-found": EXIT.notFound,
  "client/overloaded": EXIT.unreachable,
  "client/unreachable": EXIT.unreachable,
  "node/invalid-config": EXIT.usage,
  "protocol/invalid-document": EXIT.usage,
  "transport/invalid-key": EXIT.usage,
};

/** How the command ends with `error`, whoever threw it. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return EXIT_BY_OTHER_CODE[String(code)] ?? EXIT.failed;
}

/** The error of an argument, option or file that is wrong: what was found, and in `hint` what would be right. */
export function usageError(message: string, hint?: string, cause?: unknown): CliError {
  return new CliError("cli/usage", message, { ...(hint !== undefined && { hint }), cause });
}
