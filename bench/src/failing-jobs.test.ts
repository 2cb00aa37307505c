import { expect, test } from "vitest";
import { FAILING, failingAt } from "./failing-jobs.ts";
import { ENDLESS_MODULE, EXITING_MODULE, TRAPPING_MODULE } from "./failing-modules.ts";

test("any hundred jobs in a row go every way, each as often as its share says", () => {
  const counts = new Map<string, number>();
  for (let index = 1234; index < 1334; index += 1) {
    const { name } = failingAt(index);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  expect(counts).toEqual(new Map(FAILING.map(({ name, share }) => [name, share])));
});

test("no two jobs of one way are the same", () => {
  for (const { document } of FAILING) expect(document(1)).not.toEqual(document(2));
});

test("the modules that fail begin as WebAssembly does", () => {
  for (const module of [TRAPPING_MODULE, EXITING_MODULE, ENDLESS_MODULE]) {
    expect(Buffer.from(module.slice(0, 4)).toString("latin1")).toBe("\0asm");
  }
});
