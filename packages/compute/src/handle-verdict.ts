import { type MessageOf, openStatement, type SignedStatement } from "@gadus/protocol";
import { advance, deadlineIn } from "./advance.ts";
import { type Context, failureOf } from "./context.ts";
import type { LiveExecution } from "./execution-table.ts";
import { endAs } from "./handle-end.ts";
import { launchPublish } from "./publish-result.ts";
import { bindingOf } from "./run-execution.ts";

/** Takes "verified": keeps the verdict, and then publishes. One that isn't signed for this very result is ignored. */
export async function handleVerify(
  context: Context,
  live: LiveExecution,
  { statement, publishWithinMs }: MessageOf<"verify">,
): Promise<void> {
  if (live.stored.execution.state === "verified") return;
  if (!(await isVerdict(context, live, statement, true)) || context.isStopping()) return;
  const change = { verdict: statement, deadlineMs: deadlineIn(context, publishWithinMs) };
  if (await advance(context, live, [{ event: "verify", by: "requester", change }]))
    launchPublish(context, live);
}

/** Takes "refuted": the result is thrown away. One that isn't signed for this very result is ignored. */
export async function handleRefute(
  context: Context,
  live: LiveExecution,
  { statement, reason }: MessageOf<"refute">,
): Promise<void> {
  if (!(await isVerdict(context, live, statement, false))) return;
  const change = {
    verdict: statement,
    failure: { code: "compute/refuted", message: reason, blame: "node" as const },
  };
  await endAs(context, live, { event: "refute", by: "requester", change, reason });
}

async function isVerdict(
  context: Context,
  { key, stored }: LiveExecution,
  statement: SignedStatement,
  verified: boolean,
): Promise<boolean> {
  const { execution, acceptance } = stored;
  const { proposal, requester } = execution;
  if (proposal === undefined || acceptance === undefined) {
    context.metrics.ignored.add(1, { reason: "illegal" });
    return false;
  }
  try {
    const binding = bindingOf(context, execution, acceptance.taskHash);
    const verdict = await openStatement(context.identity, statement, {
      ...binding,
      author: requester,
      kind: "verdict",
    });
    const isOwn = verdict.digest === proposal.digest && verdict.cid === proposal.cid;
    if (verdict.verified === verified && isOwn) return true;
    context.logger.warn("verdict is about another result", { execution: key });
  } catch (error) {
    context.logger.warn("verdict is not the requester's", { execution: key, ...failureOf(error) });
  }
  context.metrics.ignored.add(1, { reason: "invalid-verdict" });
  return false;
}
