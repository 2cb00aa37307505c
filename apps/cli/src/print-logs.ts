import type { ApiJobView, ApiLogFrame } from "@gadus/client";
import type { Context } from "./context.ts";
import { paint, printable } from "./terminal.ts";

/** So much of an execution's id tells it from the others of its job. */
const SHORT_ID = 10;
const STDERR = 2;

/** Prints frames of logs, each stream to its own; with `--output json` as one JSON document a frame. */
export function logPrinter(context: Context, several: boolean): (frame: ApiLogFrame) => void {
  const { terminal, output } = context;
  if (output === "json") return (frame) => terminal.out(JSON.stringify(jsonOf(frame)));
  return plainPrinter(context, several, "out");
}

/** Prints frames as they are; what programs wrote to their standard output goes `to` there. */
export function plainPrinter(
  { terminal }: Pick<Context, "terminal">,
  several: boolean,
  to: "out" | "err",
): (frame: ApiLogFrame) => void {
  const encoder = new TextEncoder();
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
    terminal.bytes(value.Type === STDERR ? "err" : to, encoder.encode(`${prefix}${value.Line}${end}`));
  };
}

/** Running, publishing and completed, as the API numbers them. */
const RAN: ReadonlySet<number> = new Set([6, 7, 9]);

/** Whether the job is to run more than once, or did. */
export function isPlural({ Job: { Count, Deal }, Executions }: ApiJobView): boolean {
  const ran = (Executions?.Items ?? []).filter(({ ComputeState }) => RAN.has(ComputeState.StateType));
  return Count > 1 || (Deal?.Concurrency ?? 1) > 1 || ran.length > 1;
}

function jsonOf({ value, error, origin }: ApiLogFrame): object {
  const of = { Execution: origin?.ExecutionID, Node: origin?.NodeID };
  if (error !== undefined) return { ...of, Error: error };
  return { ...of, Stream: value.Type === STDERR ? "stderr" : "stdout", Line: value.Line };
}
