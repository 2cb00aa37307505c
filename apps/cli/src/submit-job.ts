import {
  type ApiExecution,
  type ApiJobView,
  type ApiSpec,
  type ApiSubmission,
  describeResult,
  isAway,
  publishedResults,
  stateOf,
} from "@gadus/client";
import { CliError, EXIT } from "./cli-error.ts";
import type { Context } from "./context.ts";
import { describeFailure } from "./describe-failure.ts";
import { describeWait } from "./describe-wait.ts";
import { makeProgressCounter } from "./job-progress.ts";
import { makeLiveProgress } from "./live-progress.ts";
import { isPlural, plainPrinter } from "./print-logs.ts";
import { paint, printable, type Terminal } from "./terminal.ts";

/** How a command that submits a job waits for it. */
export interface WaitOptions {
  readonly detach?: boolean;
  readonly waitAll?: boolean;
  /** Whether to print what the job's executions print, meanwhile. */
  readonly follow?: boolean;
  /** Where the results go. */
  readonly get?: string;
}

/** How a command submits a job, and waits for it. */
export interface SubmitOptions extends WaitOptions {
  /** Whether to run it also where it is there already, and unchanged. */
  readonly force?: boolean;
}

/** Submits `document`, waits as `options` say, and says what came of it; settles with the exit code. */
export async function submitJob(
  context: Context,
  document: unknown,
  { force, ...options }: SubmitOptions,
): Promise<number> {
  const { jobs } = await context.api();
  const request = { signal: context.signal, force: force === true };
  return await followSubmission(context, await jobs.submit(document, request), options);
}

/** Waits for what was submitted as `options` say, and says what came of it; settles with the exit code. */
export async function followSubmission(
  context: Context,
  { JobID, Warnings }: ApiSubmission,
  options: WaitOptions,
): Promise<number> {
  const { terminal, quiet, output } = context;
  for (const warning of Warnings ?? []) sayWarning(terminal, warning);
  if (options.detach === true) {
    if (output === "json") terminal.out(JSON.stringify({ JobID, Warnings: Warnings ?? [] }));
    else terminal.out(quiet ? JobID : `Job ${JobID} submitted; look with: gadus job describe ${JobID}`);
    return EXIT.right;
  }
  if (!quiet) terminal.err(`Job ${JobID}`);
  const follow = options.follow === true;
  const logs = follow ? printLogs(context, JobID) : undefined;
  const view = await waitForJob(context, JobID, { all: options.waitAll === true, silent: quiet || follow });
  await logs;
  const failed = view.Job.State?.StateType !== "Completed";
  if (!failed && options.get !== undefined) {
    const { downloadJob } = await import("./download.ts");
    await downloadJob(context, view, options.get, {});
  }
  // What the job printed has the output for itself.
  const out = (line: string): void => (follow && output !== "json" ? terminal.err(line) : terminal.out(line));
  report({ ...context, terminal: { ...terminal, out } }, view, options.get);
  return failed ? EXIT.failed : EXIT.right;
}

/** Prints a job's logs until it has ended; that they can't be read is said, and is not the job's failure. */
async function printLogs(context: Context, jobId: string): Promise<void> {
  const { terminal, signal, output } = context;
  try {
    const api = await context.api();
    const several = isPlural(await api.jobs.get(jobId, { signal }));
    const print = plainPrinter(context, several, output === "json" ? "err" : "out");
    for await (const frame of api.logs(jobId, { follow: true, signal })) print(frame);
  } catch (error) {
    if (signal.aborted) return;
    sayWarning(terminal, error instanceof Error ? error.message : String(error));
  }
}

function sayWarning(terminal: Terminal, text: string): void {
  terminal.err(`${paint(terminal, "yellow", "warning:")} ${printable(text)}`);
}

interface Waiting {
  readonly all: boolean;
  readonly silent: boolean;
}

async function waitForJob(context: Context, jobId: string, { all, silent }: Waiting): Promise<ApiJobView> {
  const api = await context.api();
  const live = silent ? undefined : makeLiveProgress(context.terminal);
  const count = makeProgressCounter();
  const onView = (view: ApiJobView): void => {
    live?.show(count(view.Executions?.Items ?? []), printable(describeWait(view)));
  };
  try {
    const view = await api.wait(jobId, { signal: context.signal, all, onView });
    live?.end();
    return view;
  } catch (cause) {
    const goesOn = `job ${jobId} goes on; look with: gadus job describe ${jobId}`;
    if (context.signal.aborted)
      throw new CliError("cli/interrupted", `Stopped waiting: ${goesOn}`, { cause });
    if (!isAway(cause)) throw cause;
    throw new CliError("cli/unreachable", (cause as Error).message, {
      cause,
      hint: `As far as is known, ${goesOn}`,
    });
  }
}

function report({ terminal, output, quiet }: Context, view: ApiJobView, dir: string | undefined): void {
  const { ID, State } = view.Job;
  const executions = view.Executions?.Items ?? [];
  const results = publishedResults(executions).map(({ result }) => result);
  if (output === "json") return terminal.out(JSON.stringify(summary(view, results, executions)));
  if (quiet) return terminal.out(ID);
  const completed = State?.StateType === "Completed";
  const state = paint(terminal, completed ? "green" : "red", State?.StateType ?? "ended");
  terminal.out(`Job ${ID}: ${state}${completed || !State?.Message ? "" : `: ${printable(State.Message)}`}`);
  if (!completed) {
    for (const line of describeFailure(view)) terminal.out(printable(line));
    return terminal.out(`What happened: gadus job describe ${ID}`);
  }
  for (const result of results) terminal.out(`Result: ${printable(describeResult(result))}`);
  if (results.length === 0) return;
  terminal.out(dir === undefined ? `Fetch it with: gadus job get ${ID}` : `Fetched into ${dir}`);
}

function summary(
  view: ApiJobView,
  results: readonly ApiSpec[],
  executions: readonly ApiExecution[],
): unknown {
  const { ID, State } = view.Job;
  return {
    JobID: ID,
    State: State?.StateType,
    Message: State?.Message ?? "",
    Results: results,
    Executions: executions.map((execution) => ({
      ID: execution.ID,
      NodeID: execution.NodeID,
      State: stateOf(execution),
      Message: execution.ComputeState.Message ?? "",
    })),
  };
}
