import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { GuestTask, WorkerJob, WorkerMessage, WorkerOutcome } from "./guest-task.ts";
import type { AskInput, InputAnswer, InputQuestion } from "./input-channel.ts";
import { isWorthReclaiming, reclaimMemory } from "./reclaim-memory.ts";
import { PrintedWriter } from "./printed-memory.ts";
import { type PrintOutput, runGuest } from "./run-guest.ts";
import { awaitAnswer, type SharedAnswer } from "./shared-answer.ts";
import { stateOf, TaskError } from "./task-error.ts";

/** What a guest is taken to have held whose end doesn't say. */
const UNKNOWN_BYTES = Number.POSITIVE_INFINITY;

/** This file is a worker thread's own: it does the jobs that it is sent, one after the other. */
function serve(port: MessagePort, shared: SharedAnswer): void {
  const post = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void => {
    port.postMessage(message, transfer);
  };
  const ask = (question: InputQuestion): InputAnswer => {
    return awaitAnswer(shared, () => post({ kind: "question", question }));
  };
  port.on("message", (job: WorkerJob) => {
    if (job.kind === "run") {
      post(...outcomeOf(job.task, ask, printer(job.task, post)));
      return;
    }
    compile(job).then(
      (outcome) => post({ kind: "outcome", outcome }),
      (error: unknown) => post({ kind: "outcome", outcome: { kind: "broken", state: String(error) } }),
    );
  });
  post({ kind: "ready" });
}

async function compile({ bytes, path, options }: WorkerJob & { kind: "compile" }): Promise<WorkerOutcome> {
  // Loaded when first wanted: most workers never compile, and would take a third longer to start.
  const [{ compileModule }, { guestModuleOf }] = await Promise.all([
    import("./compile-module.ts"),
    import("./guest-module.ts"),
  ]);
  try {
    const { module, report } = await compileModule(bytes, path, options);
    return { kind: "compiled", guest: guestModuleOf(module, report) };
  } catch (error) {
    if (!(error instanceof TaskError)) return { kind: "broken", state: stateOf(error) };
    const { reason, message, field } = error;
    return { kind: "rejected", reason, message, field };
  }
}

/** Passes on what a guest prints, and says so where nobody has been told yet of what there is. */
function printer({ live, limits }: GuestTask, post: (message: WorkerMessage) => void): PrintOutput {
  let writer: PrintedWriter | undefined;
  return (stream, bytes) => {
    if (!live) return;
    const first = writer === undefined;
    writer ??= new PrintedWriter(limits.maxStdoutBytes + limits.maxStderrBytes);
    if (!writer.write(stream, bytes)) return;
    post({ kind: "printed", ...(first && { memory: writer.memory }) });
  };
}

/** What a guest's end is told by; nothing but that is left of it. */
function outcomeOf(task: GuestTask, ask: AskInput, print: PrintOutput): [WorkerMessage, ArrayBuffer[]] {
  const outcome = runGuest(task, ask, print);
  const buffers = buffersOf(outcome);
  const memoryBytes = outcome.kind === "ended" ? outcome.memoryPeakBytes : UNKNOWN_BYTES;
  const heldBytes = buffers.reduce((sum, { byteLength }) => sum + byteLength, memoryBytes);
  if (isWorthReclaiming(heldBytes)) reclaimMemory();
  return [{ kind: "outcome", outcome }, buffers];
}

/** What is given away with `outcome`, instead of copied; a file with two names is there once. */
function buffersOf(outcome: WorkerOutcome): ArrayBuffer[] {
  if (outcome.kind !== "ended") return [];
  const contents = [outcome.stdout, outcome.stderr, ...outcome.files.map((file) => file.bytes)];
  return [...new Set(contents.filter((bytes) => bytes.length > 0).map((bytes) => bytes.buffer))];
}

if (parentPort !== null) serve(parentPort, workerData as SharedAnswer);
