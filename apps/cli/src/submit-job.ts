import type { ApiExecution, ApiJobView, ApiSpec } from "./api-types.ts";
import { CliError, EXIT } from "./cli-error.ts";
import type { Context } from "./context.ts";
import { stateOf } from "./execution-stage.ts";
import { followJob } from "./follow-job.ts";
import { jobHasEnded, makeProgressCounter } from "./job-progress.ts";
import { makeLiveProgress } from "./live-progress.ts";
import { describeResult, publishedResults } from "./published-results.ts";
import { paint, printable } from "./terminal.ts";

/** How a command that submits a job waits for it. */
export interface WaitOptions {
  readonly detach?: boolean;
  readonly waitAll?: boolean;
  /** Where the results go. */
  readonly get?: string;
}

/** Submits `document`, waits as `options` say, and says what came of it; settles with the exit code. */
export async function submitJob(context: Context, document: unknown, options: WaitOptions): Promise<number> {
  const { terminal, signal, quiet, output } = context;
  const api = await context.api();
  const { JobID, Warnings } = await api.submit(document, { signal });
  for (const warning of Warnings ?? [])
    terminal.err(`${paint(terminal, "yellow", "warning:")} ${printable(warning)}`);
  if (options.detach === true) {
    if (output === "json") terminal.out(JSON.stringify({ JobID, Warnings: Warnings ?? [] }));
    else terminal.out(quiet ? JobID : `Job ${JobID} submitted; look with: gadus job describe ${JobID}`);
    return EXIT.right;
  }
  if (!quiet) terminal.err(`Job ${JobID}`);
  const view = await waitForJob(context, JobID, options.waitAll === true);
  const failed = view.Job.State?.StateType !== "Completed";
  if (!failed && options.get !== undefined) {
    const { downloadJob } = await import("./download.ts");
    await downloadJob(api, view, options.get, signal);
  }
  report(context, view, options.get);
  return failed ? EXIT.failed : EXIT.right;
}

async function waitForJob(context: Context, jobId: string, all: boolean): Promise<ApiJobView> {
  const api = await context.api();
  const live = context.quiet ? undefined : makeLiveProgress(context.terminal);
  const count = makeProgressCounter();
  const onView = (view: ApiJobView): void => {
    const note = jobHasEnded(view.Job) ? "" : printable(view.Job.State?.Message ?? "");
    live?.show(count(view.Executions?.Items ?? []), note);
  };
  try {
    const view = await followJob(api, jobId, { signal: context.signal, all, onView });
    live?.end();
    return view;
  } catch (cause) {
    const goesOn = `job ${jobId} goes on; look with: gadus job describe ${jobId}`;
    if (context.signal.aborted)
      throw new CliError("cli/interrupted", `Stopped waiting: ${goesOn}`, { cause });
    if (!(cause instanceof CliError) || cause.code !== "cli/unreachable") throw cause;
    throw new CliError("cli/unreachable", cause.message, { cause, hint: `As far as is known, ${goesOn}` });
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
  if (!completed) return terminal.out(`What happened: gadus job describe ${ID}`);
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
