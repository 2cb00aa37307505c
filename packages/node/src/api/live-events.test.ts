import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTwoNodes, type TwoNodes } from "../test-two-nodes.ts";

const JOBS = 12;
const TASK = { Engine: { Type: "noop", Params: { Stdout: "x\n" } } };

let nodes: TwoNodes;
beforeAll(async () => {
  nodes = await startTwoNodes({ compute: { compute: { enabled: true, engines: ["noop"] } } });
});
afterAll(() => nodes.stop());

interface Followed {
  readonly blocks: readonly string[];
  readonly lastId: number;
}

/** How many jobs have ended, as whole events in `text` say. */
function ended(text: string): number {
  return text.match(/^event: job\/completed\ndata: .*$/gm)?.length ?? 0;
}

/** Reads events after `lastId`, hangs up after `bytes` of them, and keeps those that came whole. */
async function readSome(lastId: number, bytes: number, toEnd = JOBS): Promise<Followed> {
  const hangUp = new AbortController();
  let text = "";
  try {
    const response = await fetch(`${nodes.requester.apiUrl}/api/v1/orchestrator/events`, {
      headers: { "last-event-id": String(lastId) },
      signal: hangUp.signal,
    });
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(part).toString();
      if (text.length >= bytes || ended(text) >= toEnd) break;
    }
  } catch {
    // The requester went away: what came before is what came.
  }
  hangUp.abort();
  const blocks = text
    .slice(0, bytes)
    .split("\n\n")
    .slice(0, -1)
    .filter((block) => block.startsWith("id: "));
  return { blocks, lastId: Number(/^id: (\d+)/.exec(blocks.at(-1) ?? "")?.[1] ?? lastId) };
}

/** Reads on, hanging up again and again, until every job has ended and all of its events are read. */
async function followWith(sizes: readonly number[], meanwhile: Promise<unknown>): Promise<readonly string[]> {
  const all: string[] = [];
  let lastId = 0;
  for (let round = 0; ; round += 1) {
    const toEnd = JOBS - ended(all.join("\n"));
    const { blocks, lastId: next } = await readSome(lastId, sizes[round % sizes.length] ?? 1, toEnd);
    all.push(...blocks);
    lastId = next;
    if (ended(all.join("\n")) >= JOBS) break;
  }
  await meanwhile;
  return all;
}

test("a client that hangs up again and again, while jobs run and the requester is started again, reads every event once", async () => {
  const jobs = Array.from({ length: JOBS }, () => nodes.submit(TASK));
  const sizes = fc.sample(fc.integer({ min: 400, max: 4000 }), { numRuns: 50 });
  const restarting = Promise.all(jobs).then(() => nodes.restartRequester());
  const dropped = await followWith(sizes, restarting);
  const ids = dropped.map((block) => Number(/^id: (\d+)/.exec(block)?.[1]));
  expect(ids).toEqual(ids.map((_, index) => index + 1));
  const whole = await readSome(0, dropped.join("\n\n").length + ": following\n\n".length + 2);
  expect(whole.blocks).toEqual(dropped);
}, 60_000);
