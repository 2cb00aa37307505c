import type { MessageOf } from "@gadus/protocol";
import { advance, note } from "./advance.ts";
import type { Context } from "./context.ts";
import { keyOf, type LiveExecution } from "./execution-table.ts";
import type { StoredExecution } from "./records.ts";

/** Takes a rejection of the bid: its reservation is free. */
export async function handleReject(
  context: Context,
  live: LiveExecution,
  { reason }: MessageOf<"reject">,
): Promise<void> {
  await advance(context, live, [{ event: "reject", by: "requester", reason }]);
}

/** Takes a cancellation, in whatever state: what runs is ended, and nothing of it stays. */
export async function handleCancel(
  context: Context,
  live: LiveExecution,
  { code, reason }: MessageOf<"cancel">,
): Promise<void> {
  const failure = { code, message: reason, blame: "nobody" as const };
  await advance(context, live, [{ event: "cancel", by: "requester", change: { failure }, reason }]);
}

/** With this code a requester says only that it has no such execution that isn't over. */
const NOT_LIVE = "requester/lost-execution";

/**
 * Takes a cancellation that crossed our publication: the requester's end wins, so the result is taken back.
 *
 * The state stays `published`, as ends do. A requester that merely has it no longer among its live ones, which is
 * what it answers a repeated "publish" with, decides nothing: a good result must stay retrievable.
 */
export async function handleLateCancel(
  context: Context,
  stored: StoredExecution,
  { code }: MessageOf<"cancel">,
): Promise<void> {
  const { execution, ask } = stored;
  const isPublished = execution.state === "published" && execution.publication !== undefined;
  if (!isPublished || code === NOT_LIVE) return;
  await context.publishers
    .get(ask.terms.publisher)
    ?.retract(keyOf(execution.requester, execution.executionId));
  await note(
    context,
    { stored },
    { publication: undefined },
    "Publication",
    "Taken back: the requester cancelled",
  );
}
