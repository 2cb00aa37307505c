import { isCodedError, type Logger, type LogFrame, type LogRequest, messageOf } from "@gadus/protocol";
import type { LogHandler } from "./transport.ts";

const MAX_MESSAGE_LENGTH = 512;

/** Who answers for a node's logs, if anyone. */
export interface LogDesk {
  serve(handler: LogHandler): () => void;
  /** What is answered to `from`; an error is the last frame, and never thrown but for the signal's reason. */
  answer(from: string, request: LogRequest, signal: AbortSignal): AsyncIterable<LogFrame>;
}

export function createLogDesk(logger: Logger): LogDesk {
  let current: LogHandler | undefined;
  return {
    serve(handler) {
      current = handler;
      return () => {
        if (current === handler) current = undefined;
      };
    },
    async *answer(from, request, signal) {
      if (current === undefined) {
        yield { type: "fail", code: "transport/no-logs", message: "Cannot read logs: this node keeps none" };
        return;
      }
      try {
        yield* current(from, request, { signal });
      } catch (error) {
        signal.throwIfAborted();
        yield failOf(error, logger);
      }
    },
  };
}

/** Nothing of an error without a code gets out. */
function failOf(error: unknown, logger: Logger): LogFrame {
  if (isCodedError(error))
    return { type: "fail", code: error.code, message: error.message.slice(0, MAX_MESSAGE_LENGTH) };
  logger.error("a log could not be read", { error: messageOf(error) });
  return { type: "fail", code: "transport/no-logs", message: "Cannot read logs: internal error" };
}
