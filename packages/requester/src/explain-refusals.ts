import type { ExecutionRecord } from "./records.ts";

/** What was looked for, and found. */
export interface Search {
  readonly needed: number;
  readonly had: number;
  readonly known: number;
}

/** Reasons that a message names, those of the most nodes first, then by the alphabet. */
const MAX_REASONS = 8;

/** Why too few nodes can take a partition, in words: how many nodes for each reason. */
export function explainRefusals(
  { needed, had, known }: Search,
  refusals: ReadonlyMap<string, number>,
  executions: readonly ExecutionRecord[],
): string {
  const because = [...refusals, ...countAnswers(executions)]
    .filter(([reason]) => reason !== "asked already")
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([reason, count]) => `${count} ${reason}`);
  const text = because.length === 0 ? "" : `: ${because.slice(0, MAX_REASONS).join(", ")}`;
  return `${had} of the ${needed} nodes needed can run it, of ${known} known${text}`;
}

/** Nodes by the last thing that they answered to an ask. */
function countAnswers(executions: readonly ExecutionRecord[]): Iterable<[string, number]> {
  const last = new Map<string, string>();
  for (const { nodeId, engaged, failure } of executions) {
    if (!engaged && failure !== undefined) last.set(nodeId, failure.message);
  }
  const counts = new Map<string, number>();
  for (const message of last.values()) {
    const said = `said "${message}"`;
    counts.set(said, (counts.get(said) ?? 0) + 1);
  }
  return counts;
}
