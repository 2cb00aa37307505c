import { expect, test } from "vitest";
import type { Publisher } from "@gadus/publisher";
import { checkPublication } from "./check-publication.ts";
import { someExecution } from "./test-records.ts";

const never: Publisher = {
  type: "memory",
  refusal: () => undefined,
  publish: () => Promise.reject(new Error("it publishes nothing")),
  retract: async () => {},
  check: (_publication, _expected, { signal } = {}) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error))),
};

test("a node that never gives what it published is given up, and blamed, when its time is over", async () => {
  const rings: (() => void)[] = [];
  const clock = {
    nowMs: () => 0,
    setTimer(_: number, ring: () => void) {
      rings.push(ring);
      return { cancel: () => {} };
    },
  };
  const execution = someExecution("a", "published", { publication: { type: "memory", params: {} } });
  const { signal } = new AbortController();
  const checked = checkPublication(never, execution, [], { clock, withinMs: 1_000, signal });
  for (const ring of rings) ring();
  expect(await checked).toMatchObject({ code: "requester/no-publication", blame: "node" });
});
