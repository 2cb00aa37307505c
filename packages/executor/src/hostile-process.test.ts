import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import { type Duplex, duplexPair, PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import type { ScratchFolder } from "@gadus/storage";
import { expect, test } from "vitest";
import { textOf } from "./conformance.ts";
import { ExecutorProcess } from "./executor-process.ts";
import { MAX_PART_BYTES, MAX_PARTS_AHEAD, type ProcessTask } from "./executor-messages.ts";
import { writeFrame } from "./frames.ts";
import { heardOutput } from "./heard-output.ts";
import type { ExecutionHandlers } from "./hosted-execution.ts";
import { ReceivedResults } from "./received-results.ts";
import { newResults } from "./test-wasm.ts";
import { wasmLimits } from "./wasm-limits.ts";

// A process that a guest has taken over says what it likes.

type Frame = readonly [object, string?];

const LIMITS = {
  maxStdoutBytes: 4,
  maxStderrBytes: 4,
  maxOutputBytes: MAX_PART_BYTES + 10,
  maxFiles: 5,
  maxResultDepth: 4,
};
const execution = 1;
const file = (path: string, text: string, sizeBytes = text.length): Frame => {
  return [{ kind: "file", execution, path, sizeBytes }, text];
};
const part = (text: string): Frame => [{ kind: "part", execution }, text];
const printed = (body: string): Frame => [{ kind: "printed", execution }, body];
const ask = (question: object): Frame => [{ kind: "ask", execution, question }];
const read = { kind: "read", mount: 0, path: "", offsetBytes: 0, lengthBytes: 1 };
const END = {
  exitCode: 3,
  fuelUsed: 7,
  stdoutTruncated: false,
  stderrTruncated: true,
  memoryPeakBytes: 65_536,
};
const ended = (end: object = END): Frame => [{ kind: "ended", execution, ...end }];

/** The bytes of `frames`. */
function bytesOf(frames: readonly Frame[]): Buffer {
  const stream = new PassThrough({ highWaterMark: 64 * 1024 * 1024 });
  for (const [header, body] of frames) writeFrame(stream, header, Buffer.from(body ?? ""));
  return stream.read() as Buffer;
}

/** What looks like a process: it says that it is ready, and then does what `act` does when it is given a task. */
async function acting(
  act: (other: Duplex) => void,
  { abort = () => {}, endWithinMs }: { abort?: (other: Duplex) => void; endWithinMs?: number } = {},
): Promise<ExecutorProcess> {
  const [channel, other] = duplexPair();
  const stderr = new PassThrough();
  const child = Object.assign(new EventEmitter(), {
    pid: 1,
    stderr,
    kill: () => {
      stderr.destroy();
      return child.emit("exit", null, "SIGKILL");
    },
  });
  other.on("data", (data: Buffer) => {
    if (data.includes('"start"')) other.write(bytesOf([[{ kind: "ready" }]]));
    if (data.includes('"run"')) act(other);
    if (data.includes('"abort"')) abort(other);
  });
  const settings = wasmLimits(endWithinMs === undefined ? {} : { endWithinMs });
  const launched = { child: child as unknown as ChildProcess, channel };
  const started = new ExecutorProcess(launched, settings, settings);
  await started.ready;
  return started;
}

/** One that says `bytes`. */
function speaking(bytes: Uint8Array): Promise<ExecutorProcess> {
  return acting((other) => other.write(bytes));
}

function handlersFor(results: ScratchFolder): ExecutionHandlers {
  return {
    inputs: 1,
    answer: () => new Promise(() => {}),
    print: heardOutput(LIMITS, () => {}),
    results: (taken) => {
      return new ReceivedResults(
        { ...LIMITS, names: ["outputs"] },
        { results, wanted: () => true, taken },
        {},
      );
    },
  };
}

/** What comes of running something in a process that says `bytes`. */
async function hear(bytes: Uint8Array, results: ScratchFolder) {
  const hostile = await speaking(bytes);
  try {
    // What is to be run is none of its business.
    return await hostile.run({} as ProcessTask, handlersFor(results), new AbortController().signal);
  } finally {
    hostile.kill();
    await hostile.gone;
  }
}

const LIES: Readonly<Record<string, readonly [readonly Frame[] | Buffer, RegExp]>> = {
  "lengths that nobody has memory for": [
    Buffer.alloc(8, 0xff),
    /header of 4294967295 bytes is over the limit/,
  ],
  "a header that is not JSON": [Buffer.from("\x02\0\0\0\0\0\0\0{]"), /not JSON/],
  "a header that is no object": [Buffer.from("\x04\0\0\0\0\0\0\0null"), /a message is no object/],
  "a message that there isn't": [[[{ kind: "reboot", execution }]], /there is no message "reboot"/],
  "an answer to no question": [[[{ kind: "pong" }]], /answers what it was not asked/],
  "another execution": [[[{ ...ended()[0], execution: 2 }]], /there is no execution 2/],
  "that it is ready again": [[[{ kind: "ready" }]], /ready twice/],
  "a body where there is none": [[[{ kind: "pong" }, "body"]], /"pong" has a body/],
  "a question about another's input": [[ask({ ...read, mount: 1 })], /there is no input 1/],
  "a question about no input": [[ask({ ...read, mount: -1 })], /"mount" is -1/],
  "a path that leads out of an input": [[ask({ ...read, path: "a/../../key" })], /not a path in an input/],
  "a question for too much": [[ask({ ...read, lengthBytes: 2 ** 32 })], /"lengthBytes" is 4294967296/],
  "two questions at once": [[ask(read), ask(read)], /before the last one was answered/],
  "a file outside of the results": [[file("../key", "x")], /"..\/key" is no path under a result path/],
  "a file that leaves its result path": [[file("outputs/../x", "x")], /no path under a result path/],
  "a file too deep": [[file("outputs/a/b/c/d", "x")], /no path under a result path/],
  "a file with too long a path": [[file(`outputs/${"x".repeat(3000)}`, "x")], /no path under a result path/],
  "its output again and again": [Array.from({ length: 6 }, () => file("stdout", "x")), /more files than/],
  "a file of no result path": [[file("other/x", "x")], /no path under a result path/],
  "a file in the place of a result path": [[file("outputs", "x")], /no path under a result path/],
  "an exit code of its own": [[file("exitCode", "0")], /no path under a result path/],
  "a path that is no text": [[[{ ...file("", "")[0], path: ["outputs"] }]], /"path" is an object/],
  "that it printed nothing": [[printed("")], /it printed nothing/],
  "that it printed to what there isn't": [[printed("\x02\x01\0\0\0x")], /can't be told apart/],
  "that it printed more than came": [[printed("\0\x02\0\0\0x")], /can't be told apart/],
  "half of what stands before a part": [[printed("\0\x01")], /can't be told apart/],
  "more print than is kept": [
    [printed("\x01\x03\0\0\0abc"), printed("\x01\x02\0\0\0de")],
    /printed 5 bytes to stderr, more than are kept/,
  ],
  "more output than is kept": [[file("stdout", "12345")], /"stdout" has 5 bytes, more than are kept/],
  "more than the task may write": [
    [
      file("outputs/a", "x", MAX_PART_BYTES),
      part("y".repeat(MAX_PART_BYTES - 1)),
      file("outputs/b", "0123456789!"),
    ],
    /more bytes of results than the task may write/,
  ],
  "more files than the task may make": [
    Array.from({ length: 6 }, (_, index) => file(`outputs/${index}`, "")),
    /more files than the task may make/,
  ],
  "a file longer than it was said to be": [[file("outputs/a", "long", 3)], /longer than it was said/],
  "more of a file than was said": [
    [file("outputs/a", "x", 3), part("yyy")],
    /more of a file came than was said/,
  ],
  "more of no file": [[part("x")], /more of a file came than was said/],
  "a part with nothing in it": [[file("outputs/a", "x", 3), part("")], /a part of a result is empty/],
  "a file within a file": [[file("outputs/a", "x", 3), file("outputs/b", "")], /before the last one ended/],
  "an end in the middle of a file": [[file("outputs/a", "x", 3), ended()], /a file has no end/],
  "an exit code that there isn't": [[ended({ ...END, exitCode: 2 ** 32 })], /"exitCode" is 4294967296/],
  "less than nothing used": [[ended({ ...END, fuelUsed: -1 })], /"fuelUsed" is -1/],
  "something that isn't true or false": [[ended({ ...END, stdoutTruncated: 1 })], /"stdoutTruncated" is 1/],
  "a reason that there isn't": [
    [[{ kind: "refused", execution, reason: "storage-full", message: "" }]],
    /there is no reason/,
  ],
  "a message without end": [
    [[{ kind: "refused", execution, reason: "engine-down", message: "x".repeat(5000) }]],
    /"message" is .* not a text of up to 4096/,
  ],
};

test.each(Object.entries(LIES))("a process that says %s is ended", async (_, [frames, state]) => {
  const bytes = Buffer.isBuffer(frames) ? frames : bytesOf(frames);
  const heard = hear(bytes, await newResults());
  await expect(heard).rejects.toMatchObject({ code: "executor/engine-down", blame: "nobody" });
  await expect(heard).rejects.toThrow(/it said what it may not/);
  await expect(heard).rejects.toThrow(state);
});

test("a process that sends results faster than they are written is ended", async () => {
  const results = { ...(await newResults()), write: () => new Promise<void>(() => {}) };
  const parts = Array.from({ length: MAX_PARTS_AHEAD }, () => part("x"));
  const hostile = await speaking(bytesOf([file("outputs/a", "x", 100), ...parts]));
  const running = hostile.run({} as ProcessTask, handlersFor(results), new AbortController().signal);
  running.catch(() => {});
  expect(await hostile.gone).toMatch(/results came that nobody was ready for/);
});

test("a process that asks and never reads the answers is ended before they fill the node's memory", async () => {
  const asking = await acting((other) => {
    other.pause();
    const askOn = async (): Promise<void> => {
      while (other.writable && asking.up) {
        other.write(bytesOf([ask(read)]));
        await turn();
      }
    };
    askOn().catch(() => {});
  });
  const bytes = new Uint8Array(1024 * 1024);
  let answers = 0;
  const answer = async () => {
    answers += 1;
    return { kind: "read", bytes } as const;
  };
  const handlers = { ...handlersFor(await newResults()), answer };
  const running = asking.run({} as ProcessTask, handlers, new AbortController().signal);
  await expect(running).rejects.toThrow("it does not read what it asks for");
  expect(answers).toBeLessThan(300);
});

test("a process that says what it may is heard, in whatever order files come", async () => {
  const results = await newResults();
  const [first, second] = ["x".repeat(1000), "y".repeat(10)];
  const frames = [
    file("outputs/deep/a", first, 1010),
    part(second),
    file("stderr", "err"),
    file("outputs/b", ""),
    file("stdout", ""),
    ended(),
  ];
  expect(await hear(bytesOf(frames), results)).toEqual({ kind: "ended", execution, ...END });
  expect(await textOf(results, "outputs/deep/a")).toBe(first + second);
  expect(await textOf(results, "stderr")).toBe("err");
});

test("a process that ends in the middle of a result fails it, and the write of it", async () => {
  const begun = Promise.withResolvers<void>();
  const ends: unknown[] = [];
  const results: ScratchFolder = {
    ...(await newResults()),
    write: async (_, content) => {
      begun.resolve();
      try {
        for await (const _ of content as AsyncIterable<Uint8Array>);
      } catch (error) {
        ends.push(error);
        throw error;
      }
    },
  };
  const ending = await speaking(bytesOf([file("outputs/a", "x", 3)]));
  const running = ending.run({} as ProcessTask, handlersFor(results), new AbortController().signal);
  running.catch(() => {});
  await begun.promise;
  ending.kill("it was to end");
  await expect(running).rejects.toThrow("its process is gone: it was to end");
  expect(ends).toEqual([expect.objectContaining({ message: "the rest of a file never came" })]);
});

test("a process that ended an aborted guest in time goes on, though the node was too busy to hear of it", async () => {
  const busy = new Int32Array(new SharedArrayBuffer(4));
  const told = Promise.withResolvers<void>();
  const punctual = await acting(() => {}, {
    endWithinMs: 1,
    abort: (other) => {
      queueMicrotask(() => {
        // The time is up, and what was said meanwhile is read after timers have been looked at.
        Atomics.wait(busy, 0, 0, 20);
        setImmediate(() => {
          other.write(bytesOf([[{ kind: "stopped", execution }]]));
          told.resolve();
        });
      });
    },
  });
  const controller = new AbortController();
  const running = punctual.run({} as ProcessTask, handlersFor(await newResults()), controller.signal);
  running.catch(() => {});
  await turn();
  controller.abort(new Error("enough"));
  await told.promise;
  await expect(running).rejects.toThrow("enough");
  await turn();
  expect(punctual.up).toBe(true);
  punctual.kill();
  await punctual.gone;
});
