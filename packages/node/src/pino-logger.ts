import type { LogFields, Logger } from "@gadus/protocol";
import { isCodedError, messageOf } from "@gadus/protocol";
import { type DestinationStream, type Logger as PinoLogger, pino } from "pino";
import { requestFields } from "./api/request-scope.ts";
import { textLine } from "./text-line.ts";

/** Where and how lines are written. */
export interface LogOptions {
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
  /** `json`: one object a line; `text`: for people. */
  readonly format: "text" | "json";
  /** @default standard error */
  readonly write?: (line: string) => void;
}

/** Logs with pino, each line whole and at once, so that none is lost when the process ends. */
export function createPinoLogger({ level, format, write = toStandardError }: LogOptions): Logger {
  const destination: DestinationStream = {
    write: format === "json" ? write : (line) => write(textLine(line)),
  };
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    messageKey: "message",
    mixin: requestFields,
  };
  return wrap(pino(options, destination));
}

function toStandardError(line: string): void {
  process.stderr.write(line);
}

function wrap(logger: PinoLogger): Logger {
  return {
    debug: (message, fields) => logger.debug(plain(fields), message),
    info: (message, fields) => logger.info(plain(fields), message),
    warn: (message, fields) => logger.warn(plain(fields), message),
    error: (message, fields) => logger.error(plain(fields), message),
    child: (fields) => wrap(logger.child(plain(fields))),
  };
}

/** Errors as their message and code: a stack says nothing to an operator. */
function plain(fields: LogFields = {}): LogFields {
  const entries = Object.entries(fields).map(([name, value]): [string, unknown] => {
    if (!(value instanceof Error)) return [name, value];
    return [name, isCodedError(value) ? `${value.message} (${value.code})` : messageOf(value)];
  });
  return Object.fromEntries(entries);
}
