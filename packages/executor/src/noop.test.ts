import { createMemoryScratch } from "@gadus/storage/memory";
import { expect, test } from "vitest";
import { describeExecutor, exampleTask, textOf } from "./conformance.ts";
import { noopExecutor } from "./noop.ts";

const task = (engineParams: Record<string, unknown>) => ({
  task: exampleTask("noop", "noop/0", engineParams),
  inputs: [],
});

describeExecutor("noop", async () => ({
  executor: noopExecutor(),
  printing: (stdout, exitCode) => task({ stdout, exitCode, durationMs: 0 }),
  endless: () => task({ stdout: "", exitCode: 0, durationMs: 86_400_000 }),
  senseless: () => task({ stdout: "", exitCode: -1, durationMs: 0 }),
  results: () => createMemoryScratch().create("e-1"),
}));

test("noopExecutor() takes as long as it is told, by the clock that it is given", async () => {
  const timers: { readonly delayMs: number; readonly callback: () => void }[] = [];
  const clock = {
    nowMs: () => 0,
    setTimer: (delayMs: number, callback: () => void) => {
      timers.push({ delayMs, callback });
      return { cancel: () => {} };
    },
  };
  const executor = noopExecutor({ clock });
  await executor.start();
  const results = await createMemoryScratch().create("e-1");
  const request = task({ stdout: "done", exitCode: 3, durationMs: 1234 });
  const running = executor.run({ executionId: "e-1", results, ...request });
  expect(timers.map(({ delayMs }) => delayMs)).toEqual([1234]);
  expect(await results.stat("stdout")).toBeUndefined();
  timers[0]?.callback();
  expect(await running).toEqual({ exitCode: 3, stdoutTruncated: false, stderrTruncated: false });
  expect(await textOf(results, "stdout")).toBe("done");
});
