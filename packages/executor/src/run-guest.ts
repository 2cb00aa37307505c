import type { OutputName } from "@gadus/protocol";
import { CappedOutput } from "./capped-output.ts";
import { collectResults } from "./collect-results.ts";
import { copyInput } from "./copy-input.ts";
import { Descriptors } from "./descriptors.ts";
import { FileTree } from "./file-tree.ts";
import { runMetered } from "./guest-meters.ts";
import type { GuestOutcome, GuestTask } from "./guest-task.ts";
import type { AskInput } from "./input-channel.ts";
import { HostFuel } from "./host-fuel.ts";
import { InputBlocks } from "./input-blocks.ts";
import { askedStream, bytesStream } from "./input-stream.ts";
import { LayoutError, layOutTree } from "./lay-out-tree.ts";
import { linkModules } from "./link-modules.ts";
import { NodeQuota } from "./node-quota.ts";
import { SeededRandom } from "./seeded-random.ts";
import { stateOf } from "./task-error.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { ERRNO } from "./wasi-constants.ts";
import { GuestOverLimit, WasiError } from "./wasi-error.ts";
import { type ProcessEnd, wasiHost } from "./wasi-host.ts";
import { WASI_NAMESPACE } from "./wasi-signatures.ts";

/** Is given what a guest prints as it prints it, as far as it is kept; the bytes are the guest's, for the call. */
export type PrintOutput = (stream: OutputName, bytes: Uint8Array) => void;

/**
 * Runs one guest from beginning to end on this thread.
 *
 * All that it touches is made here and dropped on return; only compiled modules are shared.
 */
export function runGuest(task: GuestTask, ask: AskInput, print: PrintOutput = () => {}): GuestOutcome {
  const { limits } = task;
  const clock = new VirtualClock(task.epochMs);
  const fuel = new HostFuel();
  const inputs = new InputBlocks(ask);
  const quota = new NodeQuota(limits.maxOutputBytes, limits.maxNodes, fuel);
  const tree = new FileTree(clock, quota, inputs);
  const descriptors = new Descriptors(tree, limits.maxOpenFiles);
  const outputOf = (name: OutputName, maxBytes: number): CappedOutput =>
    new CappedOutput(name, maxBytes, limits.outputOverflow, (bytes) => print(name, bytes));
  const stdout = outputOf("stdout", limits.maxStdoutBytes);
  const stderr = outputOf("stderr", limits.maxStderrBytes);
  const end: ProcessEnd = { exit: undefined };
  try {
    layOutTree(tree, task);
    descriptors.openStreams(stdinOf(task, ask), stdout, stderr);
    openFolders(task, { tree, descriptors, inputs });
    const host = {
      fuel,
      tree,
      descriptors,
      clock,
      random: new SeededRandom(task.seed),
      args: task.args.map(terminated),
      environment: task.environment.map(terminated),
    };
    const memories = new Set<WebAssembly.Memory>();
    const ending = runMetered({ fuel: limits.fuel, startFuel: task.startFuel, hostFuel: fuel }, () =>
      linkModules(task, {
        memories,
        hostFunctions: (memory) => wasiHost({ ...host, memory }, end),
        hostNamespace: WASI_NAMESPACE,
      }),
    );
    if (ending.kind === "broken") return ending;
    return {
      ...ending,
      stdout: stdout.bytes(),
      stderr: stderr.bytes(),
      stdoutTruncated: stdout.truncated,
      stderrTruncated: stderr.truncated,
      memoryPeakBytes: sizeOf(memories),
      files: collectResults(tree, task),
    };
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): GuestOutcome {
  const state = stateOf(error);
  if (error instanceof LayoutError) return { kind: "refused", reason: "invalid-params", state };
  if (error instanceof GuestOverLimit) return { kind: "refused", reason: "limit-exceeded", state };
  if (error instanceof WebAssembly.LinkError)
    return { kind: "refused", reason: "invalid-module", state: state.replace(/^WebAssembly\.\w+\(\): /, "") };
  return { kind: "broken", state: String(error) };
}

function stdinOf({ stdin }: GuestTask, ask: AskInput): ReturnType<typeof bytesStream> {
  return "text" in stdin ? bytesStream(new TextEncoder().encode(stdin.text)) : askedStream(ask, stdin.mount);
}

function openFolders(
  { preopens, limits }: GuestTask,
  { tree, descriptors, inputs }: { tree: FileTree; descriptors: Descriptors; inputs: InputBlocks },
): void {
  for (const { name, mount } of preopens) {
    try {
      descriptors.preopen(name, mount === undefined ? tree.root : copyInput(tree, inputs, mount));
    } catch (error) {
      if (!(error instanceof WasiError)) throw error;
      throw new LayoutError(`"${name}" can't be copied in: ${copyFault(error, limits.maxNodes)}`);
    }
  }
}

function copyFault({ errno, message }: WasiError, maxNodes: number): string {
  if (errno === ERRNO.nospc) return `it has more than ${maxNodes} files and folders`;
  if (errno === ERRNO.ilseq) return "a name in it has control characters, or none that is text";
  return errno === ERRNO.io ? "it can't be read" : message;
}

function sizeOf(memories: ReadonlySet<WebAssembly.Memory>): number {
  return [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

function terminated(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}
