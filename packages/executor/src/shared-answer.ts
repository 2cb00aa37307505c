import type { InputAnswer } from "./input-channel.ts";

/** How an answer is written down: what was read as it is, all else as JSON. */
export type AnswerForm = "bytes" | "json" | "failed";

/** Memory that an answer crosses in to a worker that waits for it. */
export interface SharedAnswer {
  /** Three Int32: how many answers there were, the form of the last, and its size. */
  readonly state: SharedArrayBuffer;
  /** Grows to what an answer needs; what no answer has used takes no memory. */
  readonly content: SharedArrayBuffer;
}

/** The largest answer: the list of a folder. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const START_BYTES = 1024 * 1024;
const FORMS: readonly AnswerForm[] = ["failed", "bytes", "json"];

export function newSharedAnswer(): SharedAnswer {
  return {
    state: new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT),
    content: new SharedArrayBuffer(START_BYTES, { maxByteLength: MAX_ANSWER_BYTES }),
  };
}

/** Where the next answer's `sizeBytes` are to be put, before {@link giveAnswer}. */
export function answerPlace({ content }: SharedAnswer, sizeBytes: number): Uint8Array {
  if (sizeBytes > content.byteLength) content.grow(sizeBytes);
  return new Uint8Array(content, 0, sizeBytes);
}

/** Tells the worker that its answer is there. */
export function giveAnswer({ state }: SharedAnswer, form: AnswerForm, sizeBytes: number): void {
  const words = new Int32Array(state);
  words[1] = FORMS.indexOf(form);
  words[2] = sizeBytes;
  Atomics.add(words, 0, 1);
  Atomics.notify(words, 0);
}

/** Has `ask` ask, and waits, the whole thread, for the answer: a copy of its own. */
export function awaitAnswer({ state, content }: SharedAnswer, ask: () => void): InputAnswer {
  const words = new Int32Array(state);
  const before = Atomics.load(words, 0);
  ask();
  Atomics.wait(words, 0, before);
  return decodeAnswer(FORMS[words[1] ?? 0] ?? "failed", new Uint8Array(content, 0, words[2] ?? 0));
}

/** The answer in `bytes`, copied. */
export function decodeAnswer(form: AnswerForm, bytes: Uint8Array): InputAnswer {
  if (form === "failed") return { kind: "failed" };
  const own = new Uint8Array(bytes);
  if (form === "bytes") return { kind: "read", bytes: own };
  return JSON.parse(new TextDecoder().decode(own)) as InputAnswer;
}

/** `answer` as it is sent. */
export function encodeAnswer(answer: InputAnswer): { readonly form: AnswerForm; readonly bytes: Uint8Array } {
  if (answer.kind === "failed") return { form: "failed", bytes: new Uint8Array(0) };
  if (answer.kind === "read") return { form: "bytes", bytes: answer.bytes };
  return { form: "json", bytes: new TextEncoder().encode(JSON.stringify(answer)) };
}
