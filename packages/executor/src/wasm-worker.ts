import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { GuestOutcome, GuestTask, WorkerMessage } from "./guest-task.ts";
import type { InputAnswer, InputQuestion } from "./input-channel.ts";
import { runGuest } from "./run-guest.ts";

/** What a worker is started with. */
export interface WorkerStart {
  /** Answers to questions about inputs come here. */
  readonly answers: MessagePort;
  /** Counts them: one Int32, waited on. */
  readonly answered: SharedArrayBuffer;
}

/** This file is a worker thread's own: it runs the guests that it is sent, one after the other. */
function serve(port: MessagePort, { answers, answered }: WorkerStart): void {
  const counter = new Int32Array(answered);
  const post = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void => {
    port.postMessage(message, transfer);
  };
  const ask = (question: InputQuestion): InputAnswer => {
    const before = Atomics.load(counter, 0);
    post({ kind: "question", question });
    Atomics.wait(counter, 0, before);
    const received = receiveMessageOnPort(answers);
    return received === undefined ? { kind: "failed" } : (received.message as InputAnswer);
  };
  port.on("message", (task: GuestTask) => {
    const outcome = runGuest(task, ask);
    post({ kind: "outcome", outcome }, buffersOf(outcome));
  });
  post({ kind: "ready" });
}

/** What is given away with `outcome`, instead of copied; a file with two names is there once. */
function buffersOf(outcome: GuestOutcome): ArrayBuffer[] {
  if (outcome.kind !== "ended") return [];
  const contents = [outcome.stdout, outcome.stderr, ...outcome.files.map((file) => file.bytes)];
  return [...new Set(contents.filter((bytes) => bytes.length > 0).map((bytes) => bytes.buffer))];
}

if (parentPort !== null) serve(parentPort, workerData as WorkerStart);
