import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { CHANNEL_FD, type FromExecutor, type ToExecutor } from "./executor-messages.ts";
import { FrameReader, writeFrame } from "./frames.ts";
import { type ExecutionPorts, GuestExecution } from "./guest-execution.ts";
import { ModuleCache } from "./module-cache.ts";
import { MAX_ANSWER_BYTES } from "./shared-answer.ts";
import { stateOf } from "./task-error.ts";
import { WorkerPool } from "./worker-pool.ts";

/** A task's arguments, environment and standard input are in its header. */
const FRAME_LIMITS = { maxHeaderBytes: 256 * 1024 * 1024, maxBodyBytes: MAX_ANSWER_BYTES };
/** What is read at once: about what the system keeps for a channel. */
const READ_BYTES = 256 * 1024;

const STDERR_FD = 2;
/** What a terminal or a supervisor sends to all processes of a node: it is the node's to say when this one ends. */
const LEFT_TO_THE_NODE = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/**
 * This file is an executor process's own: it runs what the node tells it to, and ends when the node does.
 *
 * It and all that it loads is of this package, and of nothing else: it starts fast, and needs few files.
 */
function serve(): void {
  const executions = new Map<number, GuestExecution>();
  let ports: ExecutionPorts | undefined;
  const send = (message: FromExecutor, body?: Uint8Array): void => writeFrame(channel, message, body);
  const frames = new FrameReader(FRAME_LIMITS, {
    bodyOf: (header, sizeBytes) => {
      const message = header as ToExecutor;
      return message.kind === "answer"
        ? executions.get(message.execution)?.answerPlace(sizeBytes)
        : undefined;
    },
    receive: (header, body) => {
      const message = header as ToExecutor;
      switch (message.kind) {
        case "start": {
          const { settings } = message;
          const pool = new WorkerPool(settings);
          const cache = new ModuleCache(settings.moduleCacheBytes, settings.moduleCacheEntries);
          ports = { pool, cache, send };
          // Where none can be started, the node sees the process end.
          pool.start().then(() => send({ kind: "ready" }), endFor);
          return;
        }
        case "ping":
          return send({ kind: "pong" });
        case "run": {
          if (ports === undefined) return endNow();
          const execution = new GuestExecution(message.execution, message.task, ports);
          executions.set(message.execution, execution);
          execution.run().then(() => executions.delete(message.execution), endFor);
          return;
        }
        case "abort":
          return executions.get(message.execution)?.abort();
        case "taken":
          return executions.get(message.execution)?.taken();
        case "heard":
          return executions.get(message.execution)?.heard();
        case "answer":
          return executions.get(message.execution)?.answered(message.form, body.length);
      }
    },
  });
  const channel = new Socket({
    fd: CHANNEL_FD,
    onread: {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (sizeBytes, buffer) => {
        frames.push(buffer.subarray(0, sizeBytes));
        return true;
      },
    },
  });
  for (const signal of LEFT_TO_THE_NODE) process.on(signal, () => {});
  channel.on("error", endNow);
  channel.on("end", endNow);
  channel.on("close", endNow);
  channel.resume();
}

/** Says why it can't go on, and ends. */
function endFor(error: unknown): void {
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
  writeSync(STDERR_FD, errors.map(stateOf).join("; "));
  endNow();
}

/** At once, whatever the threads of guests are at. */
function endNow(): void {
  process.kill(process.pid, "SIGKILL");
}

serve();
