import type { ExecutionEnd, FromExecutor } from "./executor-messages.ts";
import { MAX_PART_BYTES, MAX_STATE_LENGTH } from "./executor-messages.ts";
import type { InputQuestion } from "./input-channel.ts";
import { MAX_BLOCK_BYTES } from "./input-blocks.ts";
import type { FrameLimits } from "./frames.ts";
import type { TaskErrorReason } from "./task-error.ts";

/** What an executor process may send at once. */
export const EXECUTOR_FRAME_LIMITS: FrameLimits = {
  maxHeaderBytes: 256 * 1024,
  maxBodyBytes: MAX_PART_BYTES,
};

/** Something that an executor process may not say. It is not to be believed any more. */
export class ProtocolError extends Error {}

/** Characters of a path in an input or in the results. */
const MAX_PATH_LENGTH = 32_768;
const MAX_EXIT_CODE = 0xffff_ffff;
const REASONS: ReadonlySet<string> = new Set<TaskErrorReason>([
  "invalid-params",
  "invalid-module",
  "limit-exceeded",
  "input-failed",
  "engine-down",
]);

type Fields = Readonly<Record<string, unknown>>;

/**
 * What an executor process said, if it is anything that it may say: guests that have broken out of their engine may
 * be speaking. Whether it fits what went before is not known here.
 *
 * @throws {ProtocolError}
 */
export function readExecutorMessage(header: unknown, bodyBytes: number): FromExecutor {
  if (typeof header !== "object" || header === null) throw new ProtocolError("a message is no object");
  const fields = header as Fields;
  const kind = fields["kind"];
  if (bodyBytes > 0 && kind !== "file" && kind !== "part" && kind !== "printed") {
    throw new ProtocolError(`a message ${shown(kind)} has a body`);
  }
  if (kind === "ready" || kind === "pong") return { kind };
  const execution = wholeNumber(fields, "execution", Number.MAX_SAFE_INTEGER);
  switch (kind) {
    case "ask":
      return { kind, execution, question: readQuestion(fields["question"]) };
    case "file": {
      const sizeBytes = wholeNumber(fields, "sizeBytes", Number.MAX_SAFE_INTEGER);
      return { kind, execution, path: text(fields, "path", MAX_PATH_LENGTH), sizeBytes };
    }
    case "printed":
      if (bodyBytes === 0) throw new ProtocolError("it printed nothing");
      return { kind, execution };
    case "part":
      if (bodyBytes === 0) throw new ProtocolError("a part of a result is empty");
      return { kind, execution };
    default:
      return readEnd(kind, fields, execution);
  }
}

function readEnd(kind: unknown, fields: Fields, execution: number): ExecutionEnd {
  if (kind === "stopped") return { kind, execution };
  if (kind === "ended") {
    return {
      kind,
      execution,
      exitCode: wholeNumber(fields, "exitCode", MAX_EXIT_CODE),
      fuelUsed: wholeNumber(fields, "fuelUsed", Number.MAX_SAFE_INTEGER),
      stdoutTruncated: flag(fields, "stdoutTruncated"),
      stderrTruncated: flag(fields, "stderrTruncated"),
      memoryPeakBytes: wholeNumber(fields, "memoryPeakBytes", Number.MAX_SAFE_INTEGER),
    };
  }
  if (kind !== "refused") throw new ProtocolError(`there is no message ${shown(kind)}`);
  const reason = text(fields, "reason", MAX_STATE_LENGTH);
  if (!isReason(reason)) throw new ProtocolError(`there is no reason ${shown(reason)}`);
  const message = text(fields, "message", MAX_STATE_LENGTH);
  if (fields["field"] === undefined) return { kind, execution, reason, message };
  return { kind, execution, reason, message, field: text(fields, "field", MAX_STATE_LENGTH) };
}

function readQuestion(value: unknown): InputQuestion {
  if (typeof value !== "object" || value === null) throw new ProtocolError("a question is no object");
  const fields = value as Fields;
  const kind = fields["kind"];
  const mount = wholeNumber(fields, "mount", Number.MAX_SAFE_INTEGER);
  const path = text(fields, "path", MAX_PATH_LENGTH);
  if (path !== "" && path.split("/").some((name) => name === "" || name === "." || name === "..")) {
    throw new ProtocolError(`"path" is ${shown(path)}, and not a path in an input`);
  }
  if (kind === "stat" || kind === "list") return { kind, mount, path };
  if (kind !== "read" && kind !== "stream") throw new ProtocolError(`there is no question ${shown(kind)}`);
  const offsetBytes = wholeNumber(fields, "offsetBytes", Number.MAX_SAFE_INTEGER);
  return { kind, mount, path, offsetBytes, lengthBytes: wholeNumber(fields, "lengthBytes", MAX_BLOCK_BYTES) };
}

function wholeNumber(fields: Fields, name: string, max: number): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new ProtocolError(`"${name}" is ${shown(value)}, and not a whole number up to ${max}`);
}

function text(fields: Fields, name: string, maxLength: number): string {
  const value = fields[name];
  if (typeof value === "string" && value.length <= maxLength) return value;
  throw new ProtocolError(`"${name}" is ${shown(value)}, and not a text of up to ${maxLength} characters`);
}

function flag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value === "boolean") return value;
  throw new ProtocolError(`"${name}" is ${shown(value)}, and not true or false`);
}

function isReason(reason: string): reason is TaskErrorReason {
  return REASONS.has(reason);
}

const MAX_SHOWN = 80;

function shown(value: unknown): string {
  const json = typeof value === "object" && value !== null ? "an object" : JSON.stringify(value);
  return (json ?? "undefined").slice(0, MAX_SHOWN);
}
