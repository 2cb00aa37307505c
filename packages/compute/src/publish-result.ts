import { MAX_ATTACHED_BYTES, type MessageOf } from "@gadus/protocol";
import type { Publication } from "@gadus/publisher";
import { advance, fail } from "./advance.ts";
import { ComputeError } from "./compute-error.ts";
import { type Context, failureOf, retryLater } from "./context.ts";
import type { LiveExecution } from "./execution-table.ts";
import { acceptedOf } from "./work.ts";

/** Publishes a result whose verdict is durable; what comes of it is taken up in its serial queue. */
export function launchPublish(context: Context, live: LiveExecution): void {
  const controller = new AbortController();
  const publishing = async (): Promise<void> => {
    const outcome = await publish(context, live, controller.signal).catch((error: unknown) => ({ error }));
    await context.serial.run(live.key, () => finishPublish(context, live, outcome, controller.signal));
  };
  const done = publishing();
  live.work = { controller, done };
  context.background("publish", done);
}

async function publish(context: Context, live: LiveExecution, signal: AbortSignal): Promise<Publication> {
  const { ask, acceptance, execution } = acceptedOf(live);
  const publisher = context.publishers.get(ask.terms.publisher);
  const { proposal } = execution;
  if (publisher === undefined || proposal === undefined) {
    const state = `this node has publisher "${ask.terms.publisher}" no longer`;
    throw new ComputeError("compute/unsupported-publisher", `Cannot publish the result: ${state}`, {
      blame: "node",
    });
  }
  live.scratch ??= await context.scratch.open(live.key);
  if (live.scratch === undefined) {
    throw new ComputeError("compute/execution-failed", "Cannot publish the result: its files are gone", {
      blame: "node",
    });
  }
  const params = acceptance.details.publisherParams;
  return publisher.publish(
    { executionId: live.key, results: live.scratch, tree: proposal, params },
    { signal },
  );
}

async function finishPublish(
  context: Context,
  live: LiveExecution,
  outcome: Publication | { readonly error: unknown },
  signal: AbortSignal,
): Promise<void> {
  live.work = undefined;
  const { executionId, state } = live.stored.execution;
  const isHere = context.table.get(live.key) === live && state === "verified";
  if (!isHere || signal.aborted || context.isStopping()) return;
  try {
    if ("error" in outcome) {
      await fail(context, live, failureOf(outcome.error));
      return;
    }
    const { location } = outcome;
    const message = publishMessage(executionId, location, outcome.blocks);
    await advance(
      context,
      live,
      [{ event: "publish", by: "compute", change: { publication: location } }],
      [message],
    );
  } catch (error) {
    context.logger.error("cannot write down a publication", { execution: live.key, ...failureOf(error) });
    retryLater(context, () => {
      const again = (): Promise<void> => finishPublish(context, live, outcome, signal);
      context.background("finish", context.serial.run(live.key, again));
    });
  }
}

/** Tells where a result can be had; its blocks ride along where they may. */
export function publishMessage(
  executionId: string,
  publication: Publication["location"],
  blocks: Publication["blocks"],
): MessageOf<"publish"> {
  const sizeBytes = blocks.reduce((sum, block) => sum + block.bytes.length, 0);
  const attached = sizeBytes <= MAX_ATTACHED_BYTES ? [...blocks] : [];
  return { type: "publish", executionId, publication, blocks: attached };
}
