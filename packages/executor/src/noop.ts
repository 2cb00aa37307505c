import {
  type CallOptions,
  type Clock,
  type NoopParams,
  noopParamsSchema,
  type TaskTerms,
} from "@gadus/protocol";
import { ExecutorError } from "./executor-error.ts";
import type { Admission, Executor, RunRequest, RunResult } from "./executor.ts";
import { RunningExecutions } from "./running-executions.ts";
import { writeResults } from "./write-results.ts";

/** Options of {@link noopExecutor}. */
export interface NoopExecutorOptions {
  /** What a task's duration is counted by. @default this machine's */
  readonly clock?: Clock;
}

const ENGINE = "noop";
const PROFILE = "noop/0";

/** Runs nothing: writes what the task's parameters say, when they say so. For tests and simulations. */
export function noopExecutor({ clock = machineClock }: NoopExecutorOptions = {}): Executor {
  const running = new RunningExecutions();
  return {
    engine: ENGINE,
    profiles: [PROFILE],
    facts: () => ({}),
    unavailable: () => undefined,
    async start(): Promise<void> {
      running.start();
    },
    stop: () => running.stop(),
    async admit(terms: TaskTerms): Promise<Admission> {
      const fits = terms.engine === ENGINE && terms.profile === PROFILE;
      const reason = `the engine is ${PROFILE}, not ${terms.engine} with profile ${terms.profile}`;
      return fits ? { admitted: true } : { admitted: false, reason };
    },
    run(request: RunRequest, options: CallOptions = {}): Promise<RunResult> {
      return running.run(request.executionId, options, (signal) => runRequest(clock, request, signal));
    },
    async removeOrphans(): Promise<void> {},
  };
}

async function runRequest(clock: Clock, request: RunRequest, signal: AbortSignal): Promise<RunResult> {
  const { stdout, exitCode, durationMs } = parseParams(request);
  const printed = new TextEncoder().encode(stdout);
  if (printed.length > 0) request.output?.("stdout", printed);
  if (durationMs > 0) await pass(clock, durationMs, signal);
  const contents = {
    exitCode,
    stdout: printed,
    stderr: new Uint8Array(0),
    files: [],
  };
  await writeResults(request.results, contents, { signal });
  return { exitCode, stdoutTruncated: false, stderrTruncated: false };
}

function parseParams({ task }: RunRequest): NoopParams {
  const parsed = noopParamsSchema.safeParse(task.details.engineParams);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = `Engine.Params.${issue?.path.join(".") ?? ""}`;
  throw new ExecutorError(
    "executor/invalid-params",
    `Cannot run the task: ${field}: ${issue?.message ?? ""}`,
    {
      blame: "job",
      field,
    },
  );
}

function pass(clock: Clock, durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(durationMs, () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    const abort = (): void => {
      timer.cancel();
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", abort, { once: true });
  });
}

const machineClock: Clock = {
  nowMs: () => Date.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
