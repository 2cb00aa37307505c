import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import Docker from "dockerode";
import { openDiskScratch } from "@gadus/storage/scratch-disk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { textOf } from "./conformance.ts";
import { dockerExecutor } from "./docker.ts";
import type { Executor, RunRequest } from "./executor.ts";
import { busyboxImage, dockerEngine } from "./docker-fixture.ts";
import type { ChildOrder } from "./test-docker-child.ts";
import { openWorkshop, shellTask, type Workshop } from "./test-docker-jobs.ts";
import { type PrivateEngine, startPrivateEngine } from "./test-private-engine.ts";

const docker = await dockerEngine();
const image = docker && (await busyboxImage(docker));
/** An engine that starts again waits for what won't end. */
const ENDS_ON_TERM = "trap 'exit 0' TERM; echo up; while true; do busybox sleep 1; done";
const RESULTS = { details: { resultPaths: [{ name: "o", path: "/o" }] } };

describe.skipIf(image === undefined)("containers and the death of their node (needs Docker)", () => {
  let workshop: Workshop;
  let child: ChildProcess | undefined;
  beforeAll(async () => {
    workshop = await openWorkshop();
  });
  afterAll(async () => {
    child?.kill("SIGKILL");
    await workshop.remove();
  });

  /** Starts a process that runs `executions`, and kills it once each has printed something. */
  async function runAndDie(order: ChildOrder): Promise<void> {
    const script = fileURLToPath(new URL("test-docker-child.ts", import.meta.url));
    child = spawn(process.execPath, [script, JSON.stringify(order)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const waiting = new Set(order.executions.map(({ executionId }) => executionId));
    if (child.stdout === null) throw new Error("The process has no output");
    for await (const line of createInterface({ input: child.stdout })) {
      waiting.delete(line);
      if (waiting.size === 0) break;
    }
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  test("run() takes up what runs and what ended meanwhile, with all that they printed, once", async () => {
    const nodeId = `dead-${process.pid}`;
    const scratchPath = await mkdtemp(join(tmpdir(), "gadus-docker-scratch-"));
    const slow =
      "for i in 1 2 3 4 5 6; do echo line $i; echo error $i >&2; sleep 0.5; done; echo made > /o/f; exit 4";
    const quick = "echo begun; sleep 0.3; echo done > /o/f";
    await runAndDie({
      nodeId,
      folder: workshop.folder,
      scratch: scratchPath,
      executions: [
        { executionId: "r/slow", command: slow },
        { executionId: "r/quick", command: quick },
        { executionId: "r/orphan", command: "echo up; sleep 1000" },
      ],
    });
    const executor = dockerExecutor({ nodeId, folder: workshop.folder });
    await executor.start();
    try {
      await executor.removeOrphans((id) => id !== "r/orphan");
      expect(await readdir(workshop.folder)).toHaveLength(2);
      const scratch = await openDiskScratch(scratchPath);
      const request = async (executionId: string, command: string): Promise<RunRequest> => ({
        executionId,
        task: shellTask(command, RESULTS),
        inputs: [],
        results: await scratch.create(executionId),
      });
      const printed: string[] = [];
      const slowly = await request("r/slow", slow);
      const quickly = await request("r/quick", quick);
      const [first, second] = await Promise.all([
        executor.run({ ...slowly, output: (_, bytes) => printed.push(Buffer.from(bytes).toString()) }),
        executor.run(quickly),
      ]);
      expect(first.exitCode).toBe(4);
      expect(second.exitCode).toBe(0);
      const lines = [1, 2, 3, 4, 5, 6].map((i) => `line ${i}\n`).join("");
      expect(await textOf(slowly.results, "stdout")).toBe(lines);
      expect(await textOf(slowly.results, "stderr")).toBe(lines.replaceAll("line", "error"));
      expect(printed.join("").length).toBe(lines.length * 2 + 6);
      expect(await textOf(slowly.results, "o/f")).toBe("made\n");
      expect(await textOf(quickly.results, "stdout")).toBe("begun\n");
      expect(await textOf(quickly.results, "o/f")).toBe("done\n");
      const left = await docker?.listContainers({ all: true, filters: { label: [`gadus.node=${nodeId}`] } });
      expect(left).toEqual([]);
      expect(await readdir(workshop.folder)).toEqual([]);
    } finally {
      await executor.stop();
      await rm(scratchPath, { recursive: true, force: true });
    }
  });
});

describe.skipIf(image === undefined || process.getuid?.() !== 0)(
  "an engine that goes away (needs Docker)",
  () => {
    let workshop: Workshop;
    let engine: PrivateEngine;
    let executor: Executor;
    beforeAll(async () => {
      workshop = await openWorkshop();
      engine = await startPrivateEngine();
      await busyboxImage(new Docker({ socketPath: engine.socket }));
    });
    afterAll(async () => {
      await executor.stop();
      await engine.stop();
      await workshop.remove();
    });

    async function runUntilPrinted(command: string): Promise<{ readonly running: Promise<unknown> }> {
      const heard = Promise.withResolvers<void>();
      const request = await workshop.request(shellTask(command), [], { output: () => heard.resolve() });
      const running = executor.run(request);
      running.catch(() => {});
      await Promise.race([heard.promise, running]);
      return { running };
    }

    test.each(["SIGTERM", "SIGKILL"] as const)(
      "run() fails and blames nobody when %s ends the engine with its containers",
      { timeout: 150_000 },
      async (signal) => {
        executor = dockerExecutor({ nodeId: "loss", folder: workshop.folder, host: engine.socket });
        await executor.start();
        const { running } = await runUntilPrinted(ENDS_ON_TERM);
        await engine.end(signal);
        await engine.start();
        await expect(running).rejects.toMatchObject({ code: "executor/engine-down", blame: "nobody" });
        await executor.removeOrphans(() => false);
        const again = await workshop.request(shellTask("echo again"));
        expect((await executor.run(again)).exitCode).toBe(0);
        expect(await readdir(workshop.folder)).toEqual([]);
        await executor.stop();
      },
    );

    test("run() fails when the engine stays away, and admit() says why", { timeout: 150_000 }, async () => {
      executor = dockerExecutor({
        nodeId: "loss",
        folder: workshop.folder,
        host: engine.socket,
        rules: { engineTimeoutMs: 1_500 },
      });
      await executor.start();
      const { running } = await runUntilPrinted(ENDS_ON_TERM);
      await engine.end("SIGKILL");
      await expect(running).rejects.toMatchObject({ code: "executor/engine-down", blame: "nobody" });
      expect(await executor.admit(shellTask("true").terms)).toMatchObject({ admitted: false });
      await engine.start();
      await expect.poll(() => executor.unavailable(), { timeout: 10_000 }).toBeUndefined();
      await executor.removeOrphans(() => false);
    });
  },
);
