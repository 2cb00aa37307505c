import type { MessageOf } from "@gadus/protocol";
import { advance, type Move, note } from "./advance.ts";
import { type Context, retryLater } from "./context.ts";
import { keyOf, type LiveExecution } from "./execution-table.ts";
import type { StoredExecution } from "./records.ts";

/** Takes a rejection of the bid: its reservation is free. */
export async function handleReject(
  context: Context,
  live: LiveExecution,
  { reason }: MessageOf<"reject">,
): Promise<void> {
  await endAs(context, live, { event: "reject", by: "requester", reason });
}

/** Takes a cancellation, in whatever state: what runs is ended, and nothing of it stays. */
export async function handleCancel(
  context: Context,
  live: LiveExecution,
  { code, reason }: MessageOf<"cancel">,
): Promise<void> {
  const failure = { code, message: reason, blame: "nobody" as const };
  await endAs(context, live, { event: "cancel", by: "requester", change: { failure }, reason });
}

/** Ends an execution as its requester says; where the store refuses that, it is tried again until it is done. */
export async function endAs(context: Context, live: LiveExecution, move: Move): Promise<void> {
  try {
    await advance(context, live, [move]);
  } catch (error) {
    if (!live.isEnding) {
      live.isEnding = true;
      retryLater(context, () => context.background("end", endAgain(context, live, move)));
    }
    throw error;
  }
}

function endAgain(context: Context, live: LiveExecution, move: Move): Promise<void> {
  return context.serial.run(live.key, async () => {
    live.isEnding = false;
    if (context.table.get(live.key) === live) await endAs(context, live, move);
  });
}

/** With this code a requester says only that it knows no such execution. */
const NOT_KNOWN = "requester/lost-execution";

/**
 * Takes a cancellation that crossed our publication: the requester's end wins, so the result is taken back.
 *
 * The state stays `published`, as ends do. A requester that merely doesn't know it any more decides nothing: a good
 * result must stay retrievable.
 */
export async function handleLateCancel(
  context: Context,
  stored: StoredExecution,
  { code }: MessageOf<"cancel">,
): Promise<void> {
  const { execution, ask } = stored;
  const { requester, executionId } = execution;
  const isPublished = execution.state === "published" && execution.publication !== undefined;
  if (isPublished && code !== NOT_KNOWN) {
    await context.publishers.get(ask.terms.publisher)?.retract(keyOf(requester, executionId));
    const change = { publication: undefined };
    await note(context, { stored }, change, "Publication", "Taken back: the requester ended it otherwise");
  }
  context.unconfirmed.confirm(requester, executionId);
}
