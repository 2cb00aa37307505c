import type { Container, ContainerInspectInfo, NetworkInspectInfo } from "dockerode";
import { abortable } from "./abortable.ts";
import type { DockerEngine } from "./docker-engine.ts";
import { engineDown, engineFailed, isEngineGone, statusOf } from "./docker-error.ts";
import type { ContainerOutput, ReadOutput } from "./docker-output.ts";

/** How a container ended. */
export interface ContainerEnd {
  readonly exitCode: number;
  readonly outOfMemory: boolean;
}

/** A container that was started. */
export interface StartedContainer {
  readonly container: Container;
  /** What it prints, from its first byte on; undefined where its log is to be read instead. */
  readonly attached: (AsyncIterable<Buffer> & { destroy(): void }) | undefined;
}

/** How long the rest of what was printed may take to come after a container has ended. */
const OUTPUT_WITHIN_MS = 10_000;
/** How long before its end a container may have been sent the signal that ended it. */
const KILL_MS = 60_000;

/**
 * Waits until a container has ended, and all that it printed was read. The engine may go away and come back meanwhile.
 *
 * @throws {ExecutorError} `executor/engine-down` where it stays away for `engineTimeoutMs`, where the container is gone,
 *   or where it may be the engine that ended it, or lost what it printed: then nobody knows the result
 */
export async function waitForEnd(
  engine: DockerEngine,
  started: StartedContainer,
  output: ContainerOutput,
  { engineTimeoutMs, signal }: { readonly engineTimeoutMs: number; readonly signal: AbortSignal },
): Promise<ContainerEnd> {
  const { container, attached } = started;
  let reading: Promise<ReadOutput | Error>;
  if (attached === undefined) reading = settle(readLog(engine, container, output, true));
  else reading = settle(output.read(attached, "attached"));
  let isSeen = attached !== undefined;
  let state: ContainerInspectInfo["State"];
  for (;;) {
    try {
      await container.wait({ abortSignal: signal });
      state = (await container.inspect({ abortSignal: signal })).State;
      break;
    } catch (error) {
      signal.throwIfAborted();
      if (statusOf(error) === 404) throw engineDown("the container is gone");
      if (!isEngineGone(error)) throw engineFailed("wait for the container", error);
      isSeen = false;
      engine.suspect();
      await engine.back(engineTimeoutMs, { signal });
      await abortable(reading, { signal });
      reading = settle(readLog(engine, container, output, true));
    }
  }
  const [outlives, killed] = await Promise.all([
    isSeen || outlived(engine, state, signal),
    wasKilled(engine, container, state, signal),
  ]);
  if (!outlives) throw engineDown("it was started again, and may have ended the container itself");
  if (killed) throw engineDown("the container was killed, and not by this node");
  await checkOutput(engine, container, output, { reading, signal });
  return { exitCode: state.ExitCode, outOfMemory: state.OOMKilled && state.ExitCode === 137 };
}

/** Whether a container ended after the engine was last started, so that it was not the engine's end that ended it. */
async function outlived(
  { docker }: DockerEngine,
  { FinishedAt }: ContainerInspectInfo["State"],
  signal: AbortSignal,
): Promise<boolean> {
  try {
    // An engine makes its bridge anew whenever it starts, and says nowhere else when that was.
    const bridge = await abortable<NetworkInspectInfo>(docker.getNetwork("bridge").inspect(), { signal });
    const startedMs = Date.parse(bridge.Created);
    return Number.isNaN(startedMs) || Date.parse(FinishedAt) > startedMs;
  } catch (error) {
    signal.throwIfAborted();
    if (isEngineGone(error)) throw engineDown("it went away again");
    return true;
  }
}

/**
 * Whether a signal was sent to a container through the engine shortly before it ended: by the engine that goes away, or
 * by hand. What it did then is no result.
 */
async function wasKilled(
  { docker }: DockerEngine,
  container: Container,
  { FinishedAt }: ContainerInspectInfo["State"],
  signal: AbortSignal,
): Promise<boolean> {
  const untilMs = Date.parse(FinishedAt);
  const seconds = Math.floor(untilMs / 1000);
  // By the engine's own clock: for what is to come yet it would wait.
  const until = `${seconds}${/\.\d+/.exec(FinishedAt)?.[0] ?? ""}`;
  const stream = await abortable(
    docker.getEvents({
      since: seconds - KILL_MS / 1000,
      // A text with nanoseconds in it, which its types don't know.
      until: until as unknown as number,
      filters: { container: [container.id], event: ["kill"] },
    }),
    { signal },
  ).catch((error: unknown) => {
    signal.throwIfAborted();
    throw isEngineGone(error)
      ? engineDown("it went away with the container")
      : engineFailed("look back", error);
  });
  stream.on("error", () => {});
  for await (const _ of stream) return true;
  return false;
}

/** Sees that all that was printed was read: from the log, where the connection broke before. */
async function checkOutput(
  engine: DockerEngine,
  container: Container,
  output: ContainerOutput,
  { reading, signal }: { readonly reading: Promise<ReadOutput | Error>; readonly signal: AbortSignal },
): Promise<void> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(OUTPUT_WITHIN_MS)]);
  let read = await abortable(reading, { signal: late }).catch((error: unknown) => error as Error);
  signal.throwIfAborted();
  if (read instanceof Error) read = await readLog(engine, container, output, false);
  if (read.mayHaveLost) throw engineDown("it kept no longer all that the container printed");
}

async function readLog(
  engine: DockerEngine,
  container: Container,
  output: ContainerOutput,
  follow: boolean,
): Promise<ReadOutput> {
  const options = { stdout: true, stderr: true };
  const driver = engine.info()?.logDriver ?? "local";
  if (follow) {
    const stream = await container.logs({ ...options, follow: true });
    // What breaks it is seen by who reads it, be it later.
    stream.on("error", () => {});
    return output.read(stream as AsyncIterable<Buffer>, driver);
  }
  const bytes = await container.logs({ ...options, follow: false });
  return output.read(one(bytes), driver);
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

function settle<T>(promise: Promise<T>): Promise<T | Error> {
  return promise.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
}
