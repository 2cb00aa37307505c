import { isTerminal } from "@gadus/protocol";
import { partsOfKey } from "./served-results.ts";
import type { ComputeBody } from "./sim-compute.ts";
import type { RequesterBody } from "./sim-requester.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * What honest nodes that are there still see differently, or keep for nothing; undefined where that is nothing.
 *
 * Both sides compare now and then, so it may take a while: what was published of an execution that its requester ended
 * otherwise is taken back, and no folder stays of one that has ended.
 */
export async function unhealed(
  { served }: Surroundings,
  requesters: readonly RequesterBody[],
  computes: readonly ComputeBody[],
): Promise<string | undefined> {
  const honest = new Map(
    requesters.filter(({ part }) => part.cheat === undefined).map((body) => [body.id, body]),
  );
  for (const compute of computes) {
    if (!compute.alive || compute.part.lie !== undefined) continue;
    for (const key of served.of(compute.id)) {
      const { requester, executionId } = partsOfKey(key);
      const own = await compute.stored().get(requester, executionId);
      if (own?.execution.state !== "published")
        return `${compute.id} serves ${key}, ${own?.execution.state} there`;
      const theirs = await honest.get(requester)?.stored().execution(executionId);
      if (theirs !== undefined && theirs.state !== "published")
        return `${compute.id} serves ${key}, ${theirs.state} at its requester`;
    }
    for (const key of await compute.leftovers()) {
      const { requester, executionId } = partsOfKey(key);
      const own = await compute.stored().get(requester, executionId);
      if (own === undefined || isTerminal(own.execution.state))
        return `${compute.id} keeps the files of ${key}`;
    }
  }
  return undefined;
}
