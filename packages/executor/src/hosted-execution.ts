import type { ExecutionEnd, FromExecutor, ToExecutor } from "./executor-messages.ts";
import type { InputAnswer, InputQuestion } from "./input-channel.ts";
import { readParts } from "./print-parts.ts";
import type { PrintedPart } from "./printed-memory.ts";
import { ProtocolError } from "./read-executor-message.ts";
import type { ReceivedResults } from "./received-results.ts";
import { releaseBytes } from "./release-bytes.ts";
import { encodeAnswer } from "./shared-answer.ts";

/** What the node does for an execution that runs in another process. */
export interface ExecutionHandlers {
  /** How many inputs there are to ask about. */
  readonly inputs: number;
  /** Answers one question; it never rejects. */
  answer(question: InputQuestion): Promise<InputAnswer>;
  /** Takes what it prints. @throws {ProtocolError} where that is more than it may */
  print(parts: readonly PrintedPart[]): void;
  /** What takes its results; `taken` is called for each frame that has been. */
  results(taken: () => void): ReceivedResults;
}

/** Sends one frame to the process; `written` is called once nothing needs its body any more. */
export type SendToExecutor = (message: ToExecutor, body?: Uint8Array, written?: () => void) => void;

/** The node's side of one execution in an executor process, from the task until its end. */
export class HostedExecution {
  /** How it ended, with all results written; rejects when the process is gone, or a result can't be written. */
  readonly ended: Promise<ExecutionEnd>;
  readonly #id: number;
  readonly #handlers: ExecutionHandlers;
  readonly #send: SendToExecutor;
  readonly #results: ReceivedResults;
  readonly #settle: PromiseWithResolvers<ExecutionEnd> = Promise.withResolvers();
  #asked = false;
  #over = false;

  constructor(id: number, handlers: ExecutionHandlers, send: SendToExecutor) {
    this.#id = id;
    this.#handlers = handlers;
    this.#send = send;
    this.#results = handlers.results(() => send({ kind: "taken", execution: id }));
    this.ended = this.#settle.promise;
    this.ended.catch(() => {});
  }

  /**
   * Takes what the process says of it; true for the last of it.
   *
   * @throws {ProtocolError} for what it can't say now
   */
  receive(message: Exclude<FromExecutor, { kind: "ready" | "pong" }>, body: Uint8Array): boolean {
    switch (message.kind) {
      case "ask":
        this.#answer(message.question);
        return false;
      case "printed":
        this.#handlers.print(readParts(body));
        this.#send({ kind: "heard", execution: this.#id });
        return false;
      case "file":
        this.#results.file(message.path, message.sizeBytes, body);
        return false;
      case "part":
        this.#results.part(body);
        return false;
      case "ended":
        this.#results.checkWhole();
        this.#finish(this.#results.written(), message);
        return true;
      default:
        this.#finish(this.#results.abandon(), message);
        return true;
    }
  }

  /** The process is gone: nothing more will come. */
  lose(error: Error): void {
    this.#over = true;
    this.#results.abandon().then(
      () => this.#settle.reject(error),
      () => this.#settle.reject(error),
    );
  }

  #finish(written: Promise<void>, end: ExecutionEnd): void {
    this.#over = true;
    written.then(
      () => this.#settle.resolve(end),
      (error: Error) => this.#settle.reject(error),
    );
  }

  #answer(question: InputQuestion): void {
    if (this.#asked) throw new ProtocolError("a question came before the last one was answered");
    if (question.mount >= this.#handlers.inputs)
      throw new ProtocolError(`there is no input ${question.mount}`);
    this.#asked = true;
    const reply = (answer: InputAnswer): void => {
      this.#asked = false;
      if (this.#over) return;
      const { form, bytes } = encodeAnswer(answer);
      const written = question.kind === "read" ? (): void => releaseBytes(bytes) : undefined;
      this.#send({ kind: "answer", execution: this.#id, form }, bytes, written);
    };
    this.#handlers.answer(question).then(reply, () => reply({ kind: "failed" }));
  }
}
