import { CappedOutput } from "./capped-output.ts";
import { collectResults } from "./collect-results.ts";
import { Descriptors } from "./descriptors.ts";
import { FileTree } from "./file-tree.ts";
import { type GuestEnding, runMetered } from "./guest-meters.ts";
import { GuestMemory } from "./guest-memory.ts";
import type { GuestOutcome, GuestTask } from "./guest-task.ts";
import type { AskInput } from "./input-channel.ts";
import { InputBlocks } from "./input-content.ts";
import { LayoutError, layOutTree } from "./lay-out-tree.ts";
import { NodeQuota } from "./node-quota.ts";
import { SeededRandom } from "./seeded-random.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { GuestOverLimit } from "./wasi-error.ts";
import { wasiHost } from "./wasi-host.ts";
import { WASI_NAMESPACE } from "./wasi-signatures.ts";

/**
 * Runs one guest from beginning to end on this thread.
 *
 * All that it touches is made here and dropped on return; only the compiled module is shared.
 */
export function runGuest(task: GuestTask, ask: AskInput): GuestOutcome {
  const { limits } = task;
  const clock = new VirtualClock(task.epochMs);
  const tree = new FileTree(
    clock,
    new NodeQuota(limits.maxOutputBytes, limits.maxNodes),
    new InputBlocks(ask),
  );
  const memory = new GuestMemory();
  const descriptors = new Descriptors(tree, limits.maxOpenFiles);
  const stdout = new CappedOutput(limits.maxStdoutBytes);
  const stderr = new CappedOutput(limits.maxStderrBytes);
  try {
    layOutTree(tree, task);
    descriptors.openStreams(new TextEncoder().encode(task.stdin), stdout, stderr);
    descriptors.preopen("/", tree.root);
    const host = wasiHost({
      memory,
      tree,
      descriptors,
      clock,
      random: new SeededRandom(task.seed),
      args: task.args.map(terminated),
      environment: task.environment.map(terminated),
    });
    const ending = execute(task, memory, host.functions);
    if (ending.kind === "broken") return ending;
    return {
      ...ending,
      memoryPeakBytes: memory.sizeBytes,
      stdout: stdout.bytes(),
      stderr: stderr.bytes(),
      stdoutTruncated: stdout.truncated,
      stderrTruncated: stderr.truncated,
      files: collectResults(tree, task),
    };
  } catch (error) {
    if (error instanceof LayoutError) {
      return { kind: "refused", reason: "invalid-params", state: error.message };
    }
    if (error instanceof GuestOverLimit) {
      return { kind: "refused", reason: "limit-exceeded", state: error.message };
    }
    return { kind: "broken", state: String(error) };
  }
}

function execute(
  task: GuestTask,
  memory: GuestMemory,
  functions: Readonly<Record<string, (...args: never[]) => number>>,
): GuestEnding {
  const instance = new WebAssembly.Instance(task.module, { [WASI_NAMESPACE]: functions });
  if (instance.exports["memory"] instanceof WebAssembly.Memory) memory.attach(instance.exports["memory"]);
  const entrypoint = instance.exports[task.entrypoint];
  const run = (): void => {
    if (typeof entrypoint !== "function") throw new TypeError(`${task.entrypoint} is no function`);
    Reflect.apply(entrypoint, undefined, []);
  };
  return runMetered(instance, task.limits.fuel, { startFuel: task.startFuel, run });
}

function terminated(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}
