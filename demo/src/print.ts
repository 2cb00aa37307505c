import { styleText } from "node:util";
import type { DevnetNode } from "@gadus/cli/start-devnet";
import { renderTable } from "@gadus/cli/table";
import { type ApiExecution, stateOf } from "@gadus/client";
import type { CheckedResults } from "./check-results.ts";
import type { Stage } from "./timeline.ts";

const LABEL_WIDTH = 11;
const STAGE_WIDTH = 21;
const SHOWN_AIRPORTS = 10;

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** `text` in a colour or weight, on a terminal that wants it. */
export function paint(style: "bold" | "dim" | "green" | "red", text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Prints a line with a label before it. */
export function row(label: string, text: string): void {
  say(`${paint("dim", label.padEnd(LABEL_WIDTH))}${text}`);
}

export function describeTimeline(stages: readonly Stage[]): void {
  say("");
  say(paint("bold", "Timeline, in ms since the job was sent"));
  for (const { topic, firstMs, lastMs, executions, message } of stages) {
    const span = firstMs === lastMs ? `${firstMs}` : `${firstMs} to ${lastMs}`;
    const nodes = `${executions} ${executions === 1 ? "node" : "nodes"}`;
    const what = topic.replace(/^execution\//, "").replace("/", " ");
    say(`${span.padStart(12)}  ${what.padEnd(STAGE_WIDTH)}${paint("dim", executions > 0 ? nodes : message)}`);
  }
}

export function describeExecutions(executions: readonly ApiExecution[], nodes: readonly DevnetNode[]): void {
  say("");
  say(paint("bold", "Verdict"));
  const names = new Map(nodes.map((node) => [node.nodeId, node.name]));
  const lines = executions.map((execution) => {
    const name = names.get(execution.NodeID) ?? execution.NodeID;
    return { name, state: stateOf(execution), why: execution.ComputeState.Message ?? "" };
  });
  for (const { name, state, why } of lines.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const bad = state !== "published";
    row(name, bad ? `${paint("red", state)}${why === "" ? "" : `: ${why}`}` : paint("green", state));
  }
  say("");
}

export function describeTable({ table, summary }: CheckedResults): void {
  say("");
  const [header = [], ...lines] = table
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  const columns = header.map((title) => ({ title: title.replaceAll("_", " ") }));
  const [titles = "", ...shown] = renderTable(
    columns,
    lines.slice(0, SHOWN_AIRPORTS),
    Number.POSITIVE_INFINITY,
  );
  say(paint("bold", titles));
  shown.forEach(say);
  if (lines.length > shown.length) say(paint("dim", `… and ${lines.length - shown.length} more airports`));
  say("");
  say(summary.trimEnd());
  say("");
}
