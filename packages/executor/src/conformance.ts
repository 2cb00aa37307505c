import type { Task } from "@gadus/protocol";
import type { ScratchFolder } from "@gadus/storage";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Executor, MountedInput, RunRequest } from "./executor.ts";

/** What a task of the suite needs to be run, beside where its results go. */
export type ConformanceTask = Pick<RunRequest, "task" | "inputs">;

/** One executor, not started, and tasks for it. */
export interface ExecutorFixture {
  readonly executor: Executor;
  /** A task that prints `stdout` and ends with `exitCode`. */
  printing(stdout: string, exitCode: number): ConformanceTask;
  /** A task that does not end by itself. */
  endless(): ConformanceTask;
  /** A task that the executor can't make sense of. */
  senseless(): ConformanceTask;
  /** An empty results folder. */
  results(): Promise<ScratchFolder>;
}

/** A task with nothing special about it, for `engine` and `profile`. */
export function exampleTask(
  engine: string,
  profile: string,
  engineParams: Task["details"]["engineParams"],
  details: Partial<Task["details"]> = {},
): Task {
  return {
    terms: {
      jobId: "j-1",
      jobType: "batch",
      partition: 0,
      partitionCount: 1,
      engine,
      profile,
      inputs: [],
      resources: { cpuMillis: 100, memoryBytes: 64 * 1024 * 1024, diskBytes: 16 * 1024 * 1024, gpus: 0 },
      network: { type: "none", domains: [] },
      verifier: "none",
      publisher: "none",
      executionTimeoutMs: 60_000,
      priority: 0,
    },
    details: {
      name: "main",
      engineParams,
      mounts: [],
      resultPaths: [],
      environment: {},
      publisherParams: {},
      epochMs: 946_684_800_000,
      seed: new Uint8Array(32),
      ...details,
    },
  };
}

/** The text of a file of a results folder. */
export async function textOf(results: ScratchFolder, path: string): Promise<string> {
  const entry = await results.stat(path);
  if (entry === undefined) throw new Error(`There is no "${path}" in the results`);
  return new TextDecoder().decode(await results.read(path, 0, entry.sizeBytes));
}

/** The contract of {@link Executor}, which every adapter's test runs. */
export function describeExecutor(name: string, setup: () => Promise<ExecutorFixture>): void {
  describe(`${name} is an Executor`, () => {
    let fixture: ExecutorFixture;
    let executor: Executor;
    let count = 0;
    const requestOf = async (task: ConformanceTask): Promise<RunRequest> => {
      count += 1;
      return { executionId: `e-${count}`, results: await fixture.results(), ...task };
    };

    beforeEach(async () => {
      fixture = await setup();
      executor = fixture.executor;
      await executor.start();
    });
    afterEach(() => executor.stop());

    test("run() writes stdout, stderr and the exit code", async () => {
      const request = await requestOf(fixture.printing("Hello, world!\n", 0));
      const result = await executor.run(request);
      expect(result).toMatchObject({ exitCode: 0, stdoutTruncated: false, stderrTruncated: false });
      expect(await textOf(request.results, "stdout")).toBe("Hello, world!\n");
      expect(await textOf(request.results, "stderr")).toBe("");
      expect(await textOf(request.results, "exitCode")).toBe("0");
    });

    test("run() answers an exit code that is not 0 like any other", async () => {
      const request = await requestOf(fixture.printing("", 7));
      expect((await executor.run(request)).exitCode).toBe(7);
      expect(await textOf(request.results, "exitCode")).toBe("7");
    });

    test("run() rejects a task that makes no sense, and blames the job", async () => {
      const request = await requestOf(fixture.senseless());
      await expect(executor.run(request)).rejects.toMatchObject({ blame: "job" });
    });

    test("run() rejects with the signal's reason when it has aborted before", async () => {
      const reason = new Error("too late");
      const request = await requestOf(fixture.printing("", 0));
      await expect(executor.run(request, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });

    test("run() rejects with the signal's reason when it aborts in the middle, and runs on afterwards", async () => {
      const reason = new Error("no more");
      const controller = new AbortController();
      const running = executor.run(await requestOf(fixture.endless()), { signal: controller.signal });
      await executor.run(await requestOf(fixture.printing("", 0)));
      controller.abort(reason);
      await expect(running).rejects.toBe(reason);
      const next = await requestOf(fixture.printing("still here", 0));
      await executor.run(next);
      expect(await textOf(next.results, "stdout")).toBe("still here");
    });

    test("run() takes up what runs already under an execution's id", async () => {
      const controller = new AbortController();
      const request = await requestOf(fixture.endless());
      const first = executor.run(request, { signal: controller.signal });
      const second = executor.run(request);
      controller.abort(new Error("both"));
      await expect(first).rejects.toThrow("both");
      await expect(second).rejects.toThrow("both");
    });

    test("stop() ends what runs, and blames nobody", async () => {
      const running = executor.run(await requestOf(fixture.endless()));
      const [ended] = await Promise.allSettled([running, executor.stop()]);
      expect(ended).toMatchObject({ reason: { code: "executor/engine-down", blame: "nobody" } });
      await expect(executor.run(await requestOf(fixture.printing("", 0)))).rejects.toMatchObject({
        code: "executor/engine-down",
      });
    });

    test("start() and stop() may be called twice, and start() again after stop()", async () => {
      await executor.start();
      await executor.stop();
      await executor.stop();
      await executor.start();
      const request = await requestOf(fixture.printing("again", 0));
      await executor.run(request);
      expect(await textOf(request.results, "stdout")).toBe("again");
    });

    test("admit() takes tasks of its engine and first profile, and says why it takes no others", async () => {
      const { terms } = fixture.printing("", 0).task;
      expect(await executor.admit(terms)).toMatchObject({ admitted: true });
      for (const other of [
        { ...terms, engine: "abacus" },
        { ...terms, profile: `${terms.engine}/no-such` },
      ]) {
        const admission = await executor.admit(other);
        expect(admission).toMatchObject({ admitted: false });
        expect(admission.admitted ? "" : admission.reason).not.toBe("");
      }
    });
  });
}

/** An input that has no CID. */
export function mounted(target: string, volume: MountedInput["volume"]): MountedInput {
  return { target, volume, cid: undefined };
}
