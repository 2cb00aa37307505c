import type { Failure, MessageOf } from "@gadus/protocol";
import type { Publisher } from "@gadus/publisher";
import { failureOf } from "./effects.ts";
import type { JobDraft } from "./job-draft.ts";
import type { ExecutionRecord } from "./records.ts";

/** Why what an execution published isn't its verified result, or can't be had; undefined where it is good. */
export async function checkPublication(
  publisher: Publisher,
  { publication: location, proposal, nodeId }: ExecutionRecord,
  blocks: MessageOf<"publish">["blocks"],
  signal: AbortSignal,
): Promise<Failure | undefined> {
  if (location === undefined || proposal === undefined) {
    return { code: "requester/no-publication", message: "Nothing was published", blame: "node" };
  }
  try {
    const { cid, sizeBytes } = proposal;
    await publisher.check({ location, blocks }, { cid, sizeBytes, nodeId }, { signal });
    return undefined;
  } catch (error) {
    return failureOf(error, "requester/no-publication");
  }
}

/** Writes down what came of the check. */
export function noteCheck(
  draft: JobDraft,
  { id, nodeId }: ExecutionRecord,
  failure: Failure | undefined,
): void {
  draft.changeExecution(id, { retrievable: failure === undefined, ...(failure && { failure }) });
  const message =
    failure === undefined ? "Publication checked" : `Publication is not good: ${failure.message}`;
  draft.note({ topic: "execution/checked", message, executionId: id, details: { node: nodeId } });
}
