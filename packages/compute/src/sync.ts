import {
  type ExecutionState,
  isTerminal,
  MAX_SYNC_EXECUTIONS,
  type Message,
  type MessageOf,
  progressOf,
} from "@gadus/protocol";
import type { Context } from "./context.ts";
import { isExecutionId, keyOf } from "./execution-table.ts";
import { messagesSince } from "./replay.ts";

type Standing = MessageOf<"sync">["executions"][number];

/** Tells a requester how far each of its executions here is, and of publications that it hasn't confirmed. */
export async function sendSync(context: Context, requester: string): Promise<void> {
  const live = context.table.liveOf(requester).map(({ stored }) => stored.execution);
  const over = context.unconfirmed.of(requester);
  const standings = [...over, ...live].map(({ executionId, state }) => ({ id: executionId, state }));
  await context.step([], requester, chunked(standings).map(syncOf));
}

/**
 * Compares how far a requester says that its executions are with how far they are here.
 *
 * Where this node is further, it sends all that the requester has missed; where the requester is further, this node
 * says so, and is told what it missed. What it doesn't know at all it reports as lost. A publication that
 * a requester tells of it has taken.
 */
export async function handleSync(
  context: Context,
  from: string,
  { executions }: MessageOf<"sync">,
): Promise<void> {
  for (const { id, state } of executions) if (state === "published") context.unconfirmed.confirm(from, id);
  const live = executions.filter(({ state }) => !isTerminal(state));
  const compared = await Promise.all(
    live.map(async (theirs) => {
      const { id, state } = theirs;
      const ours = await context.serial.run(keyOf(from, id), () => compare(context, from, theirs));
      return { id, theirs: state, ours };
    }),
  );
  const lost = compared.filter(({ ours }) => ours === undefined).map(({ id }) => id);
  const behind = compared.flatMap(({ id, theirs, ours }) =>
    ours !== undefined && isBehind(ours, theirs) ? [{ id, state: ours }] : [],
  );
  const messages: Message[] = behind.length > 0 ? [syncOf(behind)] : [];
  if (lost.length > 0) messages.push({ type: "lost", executionIds: lost });
  await context.step([], from, messages);
}

/** Sends what `from` has missed of one execution; answers our state of it, or undefined where it is unknown. */
async function compare(
  context: Context,
  from: string,
  { id, state }: Standing,
): Promise<ExecutionState | undefined> {
  if (!isExecutionId(id)) return undefined;
  const stored = context.table.get(keyOf(from, id))?.stored ?? (await context.store.get(from, id));
  if (stored === undefined) return undefined;
  await context.step([], from, await messagesSince(context, stored, state));
  return stored.execution.state;
}

function isBehind(ours: ExecutionState, theirs: ExecutionState): boolean {
  const [own, other] = [progressOf(ours), progressOf(theirs)];
  return own !== undefined && (other === undefined || own < other);
}

function syncOf(executions: Standing[]): Message {
  return { type: "sync", party: "compute", executions };
}

function chunked(standings: readonly Standing[]): Standing[][] {
  const chunks: Standing[][] = [];
  for (let start = 0; start < standings.length; start += MAX_SYNC_EXECUTIONS) {
    chunks.push(standings.slice(start, start + MAX_SYNC_EXECUTIONS));
  }
  return chunks;
}
