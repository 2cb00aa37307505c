import type { Failure } from "@gadus/protocol";
import { hasFailed } from "./ask-history.ts";
import type { ExecutionRecord } from "./records.ts";

/** What is kept of one execution's error in its job's. */
const MAX_ERROR_LENGTH = 1_000;

/** A job's failure for the reason `state`, with the first error of its executions, and the last where it is another. */
export function explainFailure(
  { code, message }: Pick<Failure, "code" | "message">,
  executions: readonly ExecutionRecord[],
): Failure {
  const failed = executions.filter(hasFailed).toSorted((a, b) => a.modifiedAtMs - b.modifiedAtMs);
  const first = failed[0]?.failure;
  const last = failed.at(-1)?.failure;
  if (first === undefined || last === undefined) return { code, message, blame: "nobody" };
  const errors = [`first: ${errorOf(failed[0])}`];
  if (last.message !== first.message) errors.push(`last: ${errorOf(failed.at(-1))}`);
  return { code: first.code, message: [message, ...errors].join("; "), blame: first.blame };
}

function errorOf(execution: ExecutionRecord | undefined): string {
  return `${execution?.failure?.message.slice(0, MAX_ERROR_LENGTH)} on node ${execution?.nodeId}`;
}
