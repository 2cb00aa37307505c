import type { ApiJobView } from "../api-types.ts";
import { CliError, EXIT, type ExitCode } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { followLogs } from "../follow-logs.ts";
import type { ApiLogFrame } from "../log-socket.ts";
import { paint, printable } from "../terminal.ts";

/** So much of an execution's id tells it from the others of its job. */
const SHORT_ID = 10;
const STDERR = 2;

interface LogOptions {
  readonly follow?: boolean;
  readonly execution?: string;
  readonly tail?: number;
}

/** `gadus job logs JOB`: prints what a job's executions printed, each stream to its own. */
export async function jobLogs(
  context: Context,
  args: readonly string[],
  { follow = false, execution, tail }: LogOptions,
): Promise<ExitCode> {
  const [id = ""] = args;
  const { signal } = context;
  const api = await context.api();
  // A WebSocket's client is never told why it was refused.
  const view = await api.job(id, { signal });
  if (execution !== undefined) checkExecution(view, execution);
  const query = {
    follow,
    ...(execution !== undefined && { executionId: execution }),
    ...(tail !== undefined && { tail }),
  };
  const print = printer(context, execution === undefined && isPlural(view));
  let failed = false;
  for await (const frame of followLogs((wish, options) => api.logs(view.Job.ID, wish, options), query, {
    signal,
  })) {
    failed ||= frame.error !== undefined;
    print(frame);
  }
  return failed ? EXIT.failed : EXIT.right;
}

function checkExecution(view: ApiJobView, execution: string): void {
  if (view.Executions?.Items.some(({ ID }) => ID.startsWith(execution)) === true) return;
  throw new CliError(
    "cli/not-found",
    `Cannot read logs of execution "${execution}": job ${view.Job.ID} has none of this id`,
    { hint: `List them with: gadus job executions ${view.Job.ID}` },
  );
}

/** Running, publishing and completed, as the API numbers them. */
const RAN: ReadonlySet<number> = new Set([6, 7, 9]);

/** Whether the job is to run more than once, or did. */
function isPlural({ Job: { Count = 1, Deal }, Executions }: ApiJobView): boolean {
  const ran = (Executions?.Items ?? []).filter(({ ComputeState }) => RAN.has(ComputeState.StateType));
  return Count > 1 || (Deal?.Concurrency ?? 1) > 1 || ran.length > 1;
}

function printer({ terminal, output }: Context, several: boolean): (frame: ApiLogFrame) => void {
  const encoder = new TextEncoder();
  if (output === "json") return (frame) => terminal.out(JSON.stringify(jsonOf(frame)));
  const seen = new Set<string>();
  return ({ value, error, origin }) => {
    const id = origin?.ExecutionID ?? "";
    seen.add(id);
    const prefix =
      (several || seen.size > 1) && id !== "" ? `${paint(terminal, "dim", id.slice(0, SHORT_ID))} ` : "";
    if (error !== undefined) {
      terminal.err(`${prefix}${paint(terminal, "red", "gadus:")} ${printable(error)}`);
      return;
    }
    const end = prefix === "" || value.Line.endsWith("\n") ? "" : "\n";
    terminal.bytes(value.Type === STDERR ? "err" : "out", encoder.encode(`${prefix}${value.Line}${end}`));
  };
}

function jsonOf({ value, error, origin }: ApiLogFrame): object {
  const of = { Execution: origin?.ExecutionID, Node: origin?.NodeID };
  if (error !== undefined) return { ...of, Error: error };
  return { ...of, Stream: value.Type === STDERR ? "stderr" : "stdout", Line: value.Line };
}
