import type { CallOptions, ReadableVolume } from "@gadus/protocol";
import type { ExecutionRecord } from "@gadus/requester";

/** What a verified result says of its run. */
export interface RunOutput {
  readonly stdout: string;
  readonly stdoutTruncated: boolean;
  readonly stderr: string;
  readonly stderrTruncated: boolean;
  readonly exitCode: number;
}

/** What runs printed, and how they ended, as their published results say. */
export interface RunOutputs {
  /** By execution, of those whose results are published and at hand; those that take long come another time. */
  of(executions: readonly ExecutionRecord[]): Promise<ReadonlyMap<string, RunOutput>>;
}

export interface RunOutputOptions {
  /** The tree under a CID, fetched where it isn't here as it is read. */
  readonly openTree: (cid: string, options: CallOptions) => Promise<ReadableVolume>;
  /** How long an answer waits for results that aren't at hand. @default 2 s */
  readonly waitMs?: number;
}

/** Bytes of each output that are shown: the whole is in the results. */
const SHOWN_BYTES = 2048;
const MAX_EXIT_CODE_BYTES = 16;
/** Results that are remembered, and those that are read at one time: more are left out. */
const MAX_KEPT = 1000;
const MAX_READING = 64;
const WAIT_MS = 2_000;
/** How long one result may take, and how long one that couldn't be had is not asked for again. */
const READ_TIMEOUT_MS = 10_000;
const PAUSE_MS = 60_000;

/** Reads what runs printed from their published results, once each. */
export function createRunOutputs({ openTree, waitMs = WAIT_MS }: RunOutputOptions): RunOutputs {
  const kept = new Map<string, RunOutput>();
  const reading = new Map<string, Promise<void>>();
  const missing = new Map<string, number>();

  async function read(cid: string): Promise<void> {
    try {
      remember(kept, cid, await readOutput(openTree, cid));
      missing.delete(cid);
    } catch {
      remember(missing, cid, performance.now());
    } finally {
      reading.delete(cid);
    }
  }

  function begin(cid: string): Promise<void> | undefined {
    const since = performance.now() - (missing.get(cid) ?? -PAUSE_MS);
    if (kept.has(cid) || since < PAUSE_MS) return undefined;
    const begun = reading.get(cid);
    if (begun !== undefined || reading.size >= MAX_READING) return begun;
    const promise = read(cid);
    reading.set(cid, promise);
    return promise;
  }

  return {
    async of(executions) {
      const published = executions.flatMap((execution) => {
        const cid = publishedCid(execution);
        return cid === undefined ? [] : [{ id: execution.id, cid }];
      });
      const reads = published.map(({ cid }) => begin(cid)).filter((each) => each !== undefined);
      if (reads.length > 0) await settledWithin(reads, waitMs);
      const found = published.flatMap(({ id, cid }) => {
        const output = kept.get(cid);
        return output === undefined ? [] : [[id, output] as const];
      });
      return new Map(found);
    },
  };
}

/** Of what was checked: before that, a node may have published anything. */
function publishedCid({ publication, retrievable }: ExecutionRecord): string | undefined {
  const cid = retrievable === true ? publication?.params["cid"] : undefined;
  return typeof cid === "string" ? cid : undefined;
}

/** Adds to `map`, which forgets what it has had for longest. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_KEPT && oldest !== undefined) map.delete(oldest);
}

async function settledWithin(promises: readonly Promise<void>[], ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([Promise.all(promises), late]);
  clearTimeout(timer);
}

async function readOutput(openTree: RunOutputOptions["openTree"], cid: string): Promise<RunOutput> {
  const options = { signal: AbortSignal.timeout(READ_TIMEOUT_MS) };
  const volume = await openTree(cid, options);
  try {
    const [exitCode, stdout, stderr] = await Promise.all([
      volume.read("exitCode", 0, MAX_EXIT_CODE_BYTES, options),
      readStart(volume, "stdout", options),
      readStart(volume, "stderr", options),
    ]);
    return {
      stdout: stdout.text,
      stdoutTruncated: stdout.isCut,
      stderr: stderr.text,
      stderrTruncated: stderr.isCut,
      exitCode: readExitCode(Buffer.from(exitCode).toString()),
    };
  } finally {
    await volume.close();
  }
}

/** A result that nobody compared may say anything. */
function readExitCode(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new RangeError(`Cannot use the exit code ${JSON.stringify(text)}: it is no whole number`);
}

async function readStart(
  volume: ReadableVolume,
  path: string,
  options: CallOptions,
): Promise<{ readonly text: string; readonly isCut: boolean }> {
  const entry = await volume.stat(path, options);
  const bytes = await volume.read(path, 0, SHOWN_BYTES, options);
  const isCut = (entry?.sizeBytes ?? 0) > bytes.length;
  // Of a character that the cut goes through nothing is shown.
  return { text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes, { stream: isCut }), isCut };
}
