import { type CallOptions, isTerminal, MAX_LOG_BYTES, messageOf, type OutputName } from "@gadus/protocol";
import { createLogTail, type LogLine } from "./log-tail.ts";
import { pause } from "./pause.ts";
import type { ExecutionRecord } from "./records.ts";
import type { RequesterPorts } from "./requester-ports.ts";

/** The most that is read of one execution, whatever its node sends. */
const MAX_EXECUTION_BYTES = 64 * 1024 * 1024;
/** Tries to read of a node that can't be reached, where nothing more is to come of it. */
const MAX_TRIES = 3;
const RETRY_MS = 250;
const MAX_RETRY_MS = 5_000;
/** How long the results that are kept here may take to be read. */
const STORED_MS = 10_000;

/** Something of a log: a part of what an execution printed, why there is no more of it, or that it was all. */
export type LogEntry = { readonly executionId: string; readonly nodeId: string } & (
  | { readonly kind: "output"; readonly stream: OutputName; readonly bytes: Uint8Array }
  | { readonly kind: "error"; readonly code: string; readonly message: string }
  /** Of each stream so many lines are left out, as only the last ones were asked for; what comes is after them. */
  | { readonly kind: "skipped"; readonly lines: { readonly [S in OutputName]: number } }
  | { readonly kind: "end" }
);

export interface ExecutionLogWish {
  /** Whether to go on until it has printed all. */
  readonly follow: boolean;
  /** Of what it printed so far, only the last lines. */
  readonly tail: number | undefined;
  /** Whether the submitter asked for this very execution: then that it printed nothing is told. */
  readonly chosen: boolean;
  /** It as it is now. */
  readonly current: () => Promise<ExecutionRecord | undefined>;
}

export type ExecutionLogPorts = Pick<RequesterPorts, "transport" | "content" | "storage" | "clock">;

type Put = (entry: LogEntry) => Promise<void>;
type SkippedLines = ReturnType<ReturnType<typeof createLogTail>["end"]>["skipped"];
type Take = (part: LogLine) => Promise<void> | void;

interface Problem {
  readonly code: string;
  readonly message: string;
}

/** Reads what one execution printed, from its node or else from its results; what can't be had is an entry too. */
export async function readExecutionLogs(
  ports: ExecutionLogPorts,
  execution: ExecutionRecord,
  wish: ExecutionLogWish,
  put: Put,
  signal: AbortSignal,
): Promise<void> {
  const { id: executionId, nodeId } = execution;
  const reader = new NodeLog(ports, execution, wish, signal);
  const take: Take = ({ stream, bytes }) => put({ kind: "output", executionId, nodeId, stream, bytes });
  const read = async (follow: boolean, into: Take): Promise<Problem | undefined> => {
    const problem = await reader.read(follow, into);
    if (problem === undefined || (await readStored(ports, await wish.current(), reader, into, signal)))
      return undefined;
    return problem;
  };
  const problem =
    wish.tail === undefined
      ? await read(wish.follow, take)
      : await readTail(wish.tail, wish, read, {
          take,
          skip: (lines) => put({ kind: "skipped", executionId, nodeId, lines }),
        });
  const neverRan = problem?.code === "compute/no-logs" && isGivenUp(execution);
  if (problem !== undefined && (wish.chosen || !neverRan))
    await put({ kind: "error", executionId, nodeId, ...problem });
  await put({ kind: "end", executionId, nodeId });
}

async function readTail(
  maxLines: number,
  { follow }: ExecutionLogWish,
  read: (follow: boolean, into: Take) => Promise<Problem | undefined>,
  { take, skip }: { readonly take: Take; readonly skip: (lines: SkippedLines) => Promise<void> },
): Promise<Problem | undefined> {
  const tail = createLogTail(maxLines);
  const problem = await read(false, (part) => tail.push(part));
  const { lines, skipped } = tail.end();
  await skip(skipped);
  for (const line of lines) await take(line);
  // One whose node holds its logs back for now may have them later.
  if (!follow || (problem !== undefined && problem.code !== "compute/logs-held")) return problem;
  return read(true, take);
}

function isGivenUp({ state }: ExecutionRecord): boolean {
  return state === "failed" || state === "cancelled";
}

/** The log of one execution at its node, read on from where it was left. */
class NodeLog {
  /** Bytes read so far. */
  offset = 0;
  readonly #ports: ExecutionLogPorts;
  readonly #execution: ExecutionRecord;
  readonly #wish: ExecutionLogWish;
  readonly #signal: AbortSignal;

  constructor(
    ports: ExecutionLogPorts,
    execution: ExecutionRecord,
    wish: ExecutionLogWish,
    signal: AbortSignal,
  ) {
    this.#ports = ports;
    this.#execution = execution;
    this.#wish = wish;
    this.#signal = signal;
  }

  /** Reads to the end; of a live execution that is followed, however often its node goes and comes back. */
  async read(follow: boolean, take: Take): Promise<Problem | undefined> {
    for (let tries = 1; ; tries += 1) {
      const before = this.offset;
      try {
        return await this.#readOnce(follow, take);
      } catch (error) {
        this.#signal.throwIfAborted();
        if (this.offset > before) tries = 1;
        const now = await this.#wish.current();
        const isLive = now !== undefined && !isTerminal(now.state);
        if (tries >= MAX_TRIES && !(follow && isLive))
          return { code: "requester/node-lost", message: messageOf(error) };
        await pause(
          this.#ports.clock,
          Math.min(RETRY_MS * 2 ** Math.min(tries, 10), MAX_RETRY_MS),
          this.#signal,
        );
      }
    }
  }

  async #readOnce(follow: boolean, take: Take): Promise<Problem | undefined> {
    const { id: executionId, nodeId } = this.#execution;
    const request = { executionId, fromBytes: this.offset, follow };
    const frames = this.#ports.transport.openLogs(nodeId, request, { signal: this.#signal });
    for await (const frame of frames) {
      if (frame.type === "fail") return { code: frame.code, message: frame.message };
      if (frame.offset !== this.offset)
        return broken(executionId, "the node left something out or repeats it");
      this.offset += frame.bytes.length;
      if (this.offset > MAX_EXECUTION_BYTES)
        return broken(executionId, `it is longer than ${MAX_EXECUTION_BYTES} bytes`);
      await take(frame);
    }
    return undefined;
  }
}

function broken(executionId: string, state: string): Problem {
  return {
    code: "requester/broken-log",
    message: `Cannot read logs of execution "${executionId}": ${state}`,
  };
}

/** Where the results are content that is kept here and nothing was read of the node: its streams, one after the other. */
async function readStored(
  { content, storage, clock }: ExecutionLogPorts,
  execution: ExecutionRecord | undefined,
  { offset }: NodeLog,
  take: Take,
  signal: AbortSignal,
): Promise<boolean> {
  const source = storage.get("ipfs");
  const cid = execution?.state === "published" ? execution.proposal?.cid : undefined;
  if (offset > 0 || source === undefined || cid === undefined) return false;
  const late = new AbortController();
  const timer = clock.setTimer(STORED_MS, () => late.abort(new Error("the results took too long to read")));
  const options: CallOptions = { signal: AbortSignal.any([signal, late.signal]) };
  const parts: LogLine[] = [];
  try {
    if (!(await content.has(cid, options))) return false;
    const volume = await source.open({ type: "ipfs", params: { cid } }, options);
    try {
      for (const stream of ["stdout", "stderr"] as const) {
        for (let from = 0; from < MAX_STORED_BYTES; from += MAX_LOG_BYTES) {
          const bytes = await volume.read(stream, from, MAX_LOG_BYTES, options);
          if (bytes.length > 0) parts.push({ stream, bytes });
          if (bytes.length < MAX_LOG_BYTES) break;
        }
      }
    } finally {
      await volume.close();
    }
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    timer.cancel();
  }
  for (const part of parts) await take(part);
  return true;
}

/** Of one stream of results that are kept here. */
const MAX_STORED_BYTES = 2 * 1024 * 1024;
