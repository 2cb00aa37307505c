import { type CallOptions, messageOf } from "@gadus/protocol";
import { ExecutorError } from "./executor-error.ts";
import type { MountedInput } from "./executor.ts";
import type { InputAnswer, InputEntry, InputQuestion } from "./input-channel.ts";
import { MAX_BLOCK_BYTES } from "./input-blocks.ts";
import { createReadAhead, type ReadAhead } from "./read-ahead.ts";
import { MAX_ANSWER_BYTES } from "./shared-answer.ts";

/** Answers a task's questions about its inputs; it never rejects. */
export type AnswerInput = (question: InputQuestion) => Promise<InputAnswer>;

/** Entries of one folder of an input that are shown to a guest, at most. */
const MAX_FOLDER_ENTRIES = 100_000;
/** What an entry takes in an answer at most, beside its name, and what each character of that does. */
const MAX_ENTRY_BYTES = 100;
const MAX_CHARACTER_BYTES = 6;

/** Inputs as guests ask for them. */
export interface InputAnswers {
  readonly answer: AnswerInput;
  /** The first of what could not be read: no result may come of it. */
  failure(): ExecutorError | undefined;
  /** Gives up what is being read, for a guest that is gone, and what is read ahead. */
  close(): void;
}

/** Answers a guest's questions from the volumes of `inputs`, at the offsets that it asks for and no others. */
export function answerInputs(inputs: readonly MountedInput[], { signal: given }: CallOptions): InputAnswers {
  let failure: ExecutorError | undefined;
  const closed = new AbortController();
  const signal = given === undefined ? closed.signal : AbortSignal.any([given, closed.signal]);
  const ahead = createReadAhead();
  return {
    answer: async (question) => {
      const input = inputs[question.mount];
      try {
        if (input === undefined) throw new RangeError(`there is no input ${question.mount}`);
        return await answerFrom(input, ahead, question, { signal });
      } catch (error) {
        const below = question.path === "" ? "" : `/${question.path}`;
        failure ??= inputFailed(`${input?.target ?? ""}${below}`, error);
        return { kind: "failed" };
      }
    },
    failure: () => failure,
    close: () => {
      closed.abort(new Error("Nobody waits for the answer any more"));
      ahead.close();
    },
  };
}

/** What is at the root of `input`. */
export async function rootOf(input: MountedInput, options: CallOptions): Promise<InputEntry> {
  try {
    const entry = await input.volume.stat("", options);
    if (entry === undefined) throw new RangeError("it is empty");
    return { name: "", kind: entry.kind, sizeBytes: entry.sizeBytes };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw inputFailed(input.target, error);
  }
}

function inputFailed(path: string, cause: unknown): ExecutorError {
  const message = `Cannot read input "${path}": ${messageOf(cause)}`;
  return new ExecutorError("executor/input-failed", message, { cause });
}

async function answerFrom(
  { volume }: MountedInput,
  ahead: ReadAhead,
  question: InputQuestion,
  options: CallOptions,
): Promise<InputAnswer> {
  if (question.kind === "stat") {
    const entry = await volume.stat(question.path, options);
    return { kind: "stat", entry: entry && entryOf(entry.path, entry.kind, entry.sizeBytes) };
  }
  if (question.kind !== "list") {
    const { kind, path, offsetBytes } = question;
    const lengthBytes = Math.min(question.lengthBytes, MAX_BLOCK_BYTES);
    if (kind === "stream") {
      return { kind: "read", bytes: await volume.read(path, offsetBytes, lengthBytes, options) };
    }
    const bytes = await ahead.read(volume, path, { offsetBytes, lengthBytes }, options);
    if (bytes.length === lengthBytes) return { kind: "read", bytes };
    throw new RangeError(`${bytes.length} bytes came instead of ${lengthBytes} from offset ${offsetBytes}`);
  }
  const entries: InputEntry[] = [];
  let sizeBytes = MAX_ENTRY_BYTES;
  for await (const entry of volume.list(question.path, options)) {
    const listed = entryOf(entry.path, entry.kind, entry.sizeBytes);
    entries.push(listed);
    sizeBytes += MAX_ENTRY_BYTES + listed.name.length * MAX_CHARACTER_BYTES;
    if (entries.length > MAX_FOLDER_ENTRIES || sizeBytes > MAX_ANSWER_BYTES)
      throw new RangeError(`it has more entries than can be listed: over ${entries.length - 1}`);
  }
  return { kind: "list", entries };
}

function entryOf(path: string, kind: InputEntry["kind"], sizeBytes: number): InputEntry {
  return { name: path.slice(path.lastIndexOf("/") + 1), kind, sizeBytes };
}
