import type { ExecutionState, Message, MessageOf } from "@gadus/protocol";
import type { Context } from "./context.ts";
import { isExecutionId, keyOf, type LiveExecution } from "./execution-table.ts";
import { handleAccept } from "./handle-accept.ts";
import { declineAsk, handleAsk } from "./handle-ask.ts";
import { handleCancel, handleLateCancel, handleReject } from "./handle-end.ts";
import { handleRefute, handleVerify } from "./handle-verdict.ts";
import { InHand } from "./in-hand.ts";
import { replay } from "./replay.ts";
import { handleSync } from "./sync.ts";
import { weighMessage } from "./weigh-message.ts";

type OfRequester = MessageOf<"accept" | "reject" | "verify" | "refute" | "cancel">;

/** What a requester that sends one of these takes an execution to be in once it was heard. */
const HEARD: { readonly [T in OfRequester["type"]]: ExecutionState | undefined } = {
  accept: "accepted",
  verify: "verified",
  reject: undefined,
  refute: undefined,
  cancel: undefined,
};

/** Between lines of the log that say how many messages were dropped. */
const TELL_EVERY_MS = 10_000;

/**
 * Takes what requesters send, in order for each execution and side by side otherwise.
 *
 * No more than a set number of messages of one requester, and of bytes, are in hand. Of those beyond, asks are
 * declined, and all others dropped, counted, and healed when both sides compare. Messages for the requester's role
 * are left alone.
 */
export function makeIntake(context: Context): (from: string, message: Message) => void {
  const { messagesPerRequester, messageBytesPerRequester, messageBytes } = context.options;
  const inHand = new InHand({
    perPeer: { count: messagesPerRequester, bytes: messageBytesPerRequester },
    bytes: messageBytes,
  });
  const tellDropped = droppedTeller(context);

  return (from, message) => {
    if (!isForCompute(message)) return;
    const count = message.type === "sync" ? Math.max(1, message.executions.length) : 1;
    const load = { count, bytes: weighMessage(message) };
    if (inHand.take(from, load)) {
      const handled = handle(context, from, message).finally(() => inHand.release(from, load));
      context.background(message.type, handled);
    } else if (message.type === "ask") {
      context.background("decline", declineAsk(context, from, message, TOO_MUCH));
    } else {
      context.metrics.ignored.add(1, { reason: "too-many" });
      tellDropped(from);
    }
  };
}

const TOO_MUCH = {
  code: "compute/overloaded",
  reason: "It has too many messages of this requester in hand",
} as const;

/** Says in the log, now and then, how many messages were dropped. */
function droppedTeller(context: Context): (from: string) => void {
  const dropped = new Map<string, number>();
  return (from) => {
    if (dropped.size === 0) {
      context.clock.setTimer(TELL_EVERY_MS, () => {
        for (const [requester, messages] of dropped) {
          if (!context.isStopping())
            context.logger.warn("dropped messages: too many in hand", { requester, messages });
        }
        dropped.clear();
      });
    }
    dropped.set(from, (dropped.get(from) ?? 0) + 1);
  };
}

type ForCompute = MessageOf<"ask" | "sync"> | OfRequester;

function isForCompute(message: Message): message is ForCompute {
  if (message.type === "sync") return message.party === "requester";
  return message.type === "ask" || message.type in HEARD;
}

function handle(context: Context, from: string, message: ForCompute): Promise<void> {
  if (message.type === "sync") return handleSync(context, from, message);
  const key = keyOf(from, message.executionId);
  if (message.type === "ask") return context.serial.run(key, () => handleAsk(context, from, message));
  if (!isExecutionId(message.executionId)) return Promise.resolve();
  return context.serial.run(key, () => handleOne(context, from, message));
}

async function handleOne(context: Context, from: string, message: OfRequester): Promise<void> {
  const live = context.table.get(keyOf(from, message.executionId));
  if (live === undefined) return handleEnded(context, from, message);
  return handleLive(context, live, message);
}

function handleLive(context: Context, live: LiveExecution, message: OfRequester): Promise<void> {
  switch (message.type) {
    case "accept":
      return handleAccept(context, live, message);
    case "reject":
      return handleReject(context, live, message);
    case "verify":
      return handleVerify(context, live, message);
    case "refute":
      return handleRefute(context, live, message);
    case "cancel":
      return handleCancel(context, live, message);
  }
}

async function handleEnded(context: Context, from: string, message: OfRequester): Promise<void> {
  const { executionId } = message;
  const stored = await context.store.get(from, executionId);
  const heard = HEARD[message.type];
  if (stored !== undefined && message.type === "cancel") return handleLateCancel(context, stored, message);
  if (heard === undefined) return;
  if (stored !== undefined) return replay(context, stored, heard);
  await context.step([], from, [{ type: "lost", executionIds: [executionId] }]);
}
