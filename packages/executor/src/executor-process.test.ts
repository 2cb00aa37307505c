import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ReadableVolume } from "@gadus/protocol";
import { memoryVolume } from "@gadus/storage/memory";
import { describe, expect, test } from "vitest";
import { mounted } from "./conformance.ts";
import type { CrowdedTask } from "./test-crowded-node.ts";
import type { DoomedTasks } from "./test-doomed-node.ts";
import {
  childrenOf,
  ENGINE_DOWN,
  EXECUTOR_PROCESS,
  executorProcesses,
  isRunning,
  processOf,
  waitingRun,
  WITHIN,
} from "./test-processes.ts";
import { builtModule, runToEnd, startedExecutor, wasmRequest, wasmTask } from "./test-wasm.ts";
import { wasmExecutor } from "./wasm.ts";

const probe = await builtModule("probe");

describe("an executor process", () => {
  const executor = startedExecutor({ limits: { workers: 3 } });

  test("that is killed fails what it ran, nobody's fault, and another runs what comes next", async () => {
    const pid = processOf();
    const runs = [await waitingRun(executor), await waitingRun(executor)];
    process.kill(pid, "SIGKILL");
    for (const { running } of runs) await expect(running).rejects.toMatchObject(ENGINE_DOWN);
    expect((await runToEnd(executor, await wasmRequest(probe))).files["stdout"]).toBe("Hello, world!\n");
    expect(isRunning(pid)).toBe(false);
    expect(executorProcesses().length).toBe(1);
  });

  test("that is gone has the executor admit nothing until another is there", async () => {
    const { terms } = (await wasmRequest(probe)).task;
    const { running } = await waitingRun(executor);
    process.kill(processOf(), "SIGKILL");
    await running.catch(() => {});
    expect(await executor.admit(terms)).toMatchObject({ admitted: false });
    await expect.poll(() => executor.admit(terms), WITHIN).toEqual({ admitted: true });
  });

  test("has an empty environment, no descriptor of the node's but its channel, and limits", () => {
    const pid = processOf();
    expect(readFileSync(`/proc/${pid}/environ`, "utf8")).toBe("");
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe("/");
    const open = readdirSync(`/proc/${pid}/fd`).map((fd) => [fd, readlinkSync(`/proc/${pid}/fd/${fd}`)]);
    // Node's own waiting, and a descriptor that it keeps for when there are no others.
    const own = /^(anon_inode:|pipe:|\/dev\/null$|\/$)/;
    const others = open.filter(([, to]) => !own.test(to!));
    // Its stderr, which is kept for the log, and the channel: a pair of nameless sockets each.
    expect(others.map(([fd, to]) => `${fd} ${to!.replace(/\d+/, "")}`).sort()).toEqual([
      "2 socket:[]",
      "3 socket:[]",
    ]);
    const unnamed = /^\w+: \w+ \w+ \w+ \w+ \w+ +(\d+)$/gm;
    const inodes = readFileSync(`/proc/${process.pid}/net/unix`, "utf8").matchAll(unnamed);
    const nameless = new Set(Array.from(inodes, ([, inode]) => `socket:[${inode}]`));
    expect(others.filter(([, to]) => !nameless.has(to!))).toEqual([]);
    const limits = readFileSync(`/proc/${pid}/limits`, "utf8");
    expect(limits).toMatch(/Max file size +0 +0 /);
    expect(limits).toMatch(/Max core file size +0 +0 /);
    expect(readFileSync(`/proc/${pid}/oom_score_adj`, "utf8")).toBe("1000\n");
  });

  test("is left alone by what a terminal or a supervisor sends to all processes of a node", async () => {
    const pid = processOf();
    const group = (of: number): string | undefined =>
      /\) \S \d+ (\d+)/.exec(readFileSync(`/proc/${of}/stat`, "utf8"))?.[1];
    expect(group(pid)).not.toBe(group(process.pid));
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) process.kill(pid, signal);
    expect((await runToEnd(executor, await wasmRequest(probe))).exitCode).toBe(0);
    expect(executorProcesses()).toEqual([pid]);
  });

  test("holds no files of results or inputs of its own: large ones pass through it", async () => {
    const bytes = 48 * 1024 * 1024;
    const resources = { diskBytes: bytes + 1024 };
    const details = { resultPaths: [{ name: "outputs", path: "/out" }] };
    const request = await wasmRequest(probe, {
      args: ["fill", "/out/big", String(bytes)],
      resources,
      details,
    });
    await executor.run(request);
    expect(await request.results.stat("outputs/big")).toMatchObject({ sizeBytes: bytes });
    const args = ["copy", "/data", "/out/copy"];
    const content = Buffer.alloc(3 * 1024 * 1024 + 7, "0123456789\n");
    const inputs = [mounted("/data", memoryVolume({ "": content }))];
    const copy = await wasmRequest(probe, { args, inputs, details });
    await executor.run(copy);
    expect(content.equals(await copy.results.read("outputs/copy", 0, content.length))).toBe(true);
  });

  test("runs many at once, each to its own end", async () => {
    const runs = Array.from({ length: 200 }, async (_, index) => {
      const args = ["say", `out ${index}`, `err ${index}`, String(index % 100)];
      return runToEnd(executor, await wasmRequest(probe, { args }));
    });
    for (const [index, ending] of (await Promise.all(runs)).entries()) {
      expect(ending.files).toEqual({
        stdout: `out ${index}`,
        stderr: `err ${index}`,
        exitCode: String(index % 100),
      });
    }
  });
});

test("an executor process that gives no sign is ended, and another takes its place", async () => {
  const executor = wasmExecutor({ limits: { workers: 1, pingEveryMs: 50, maxMissedPings: 3 } });
  await executor.start();
  const pid = processOf();
  const { running } = await waitingRun(executor);
  process.kill(pid, "SIGSTOP");
  await expect(running).rejects.toMatchObject({
    ...ENGINE_DOWN,
    message: expect.stringMatching(/no sign for 150 ms/),
  });
  expect((await runToEnd(executor, await wasmRequest(probe))).exitCode).toBe(0);
  expect(isRunning(pid)).toBe(false);
  await executor.stop();
});

test("an aborted guest that doesn't end in time takes its process with it, and nothing runs any more", async () => {
  const executor = wasmExecutor({ limits: { workers: 1, endWithinMs: 50 } });
  await executor.start();
  const pid = processOf();
  const controller = new AbortController();
  const { running } = await waitingRun(executor, controller.signal);
  process.kill(pid, "SIGSTOP");
  controller.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  expect(isRunning(pid)).toBe(false);
  expect((await runToEnd(executor, await wasmRequest(probe))).exitCode).toBe(0);
  await executor.stop();
});

test("of two executor processes one that ends leaves the other's executions alone", async () => {
  const executor = wasmExecutor({ limits: { workers: 2, processes: 2 } });
  await executor.start();
  const [pid] = executorProcesses();
  const controller = new AbortController();
  const runs = [await waitingRun(executor, controller.signal), await waitingRun(executor, controller.signal)];
  process.kill(pid!, "SIGKILL");
  const lost = await Promise.race(runs.map(({ running }) => running.catch((error: unknown) => error)));
  expect(lost).toMatchObject(ENGINE_DOWN);
  controller.abort(new Error("the other"));
  const ends = await Promise.allSettled(runs.map(({ running }) => running));
  expect(ends).toContainEqual({ status: "rejected", reason: new Error("the other") });
  await executor.stop();
});

test("start() says why no executor process can be started", async () => {
  const executor = wasmExecutor({ v8Flags: ["--no-such-flag"] });
  await expect(executor.start()).rejects.toMatchObject({
    ...ENGINE_DOWN,
    message: expect.stringMatching(/bad option: --no-such-flag/),
  });
  expect(executorProcesses()).toEqual([]);
});

test("an executor process ends when its node is killed, though a guest runs on", async () => {
  const task = (...args: string[]) => wasmTask(probe, { args }).task;
  const moduleFile = fileURLToPath(new URL("../testdata/probe.wasm", import.meta.url));
  const told: DoomedTasks = { endless: task("loop"), ending: task("say", "", "", "0"), moduleFile };
  const script = fileURLToPath(new URL("test-doomed-node.ts", import.meta.url));
  const node = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
  node.stdin.end(JSON.stringify(told));
  const [said] = (await once(node.stdout, "data")) as [Buffer];
  expect(said.toString()).toBe("running\n");
  const [pid] = childrenOf(node.pid!, EXECUTOR_PROCESS);
  expect(isRunning(pid!)).toBe(true);
  node.kill("SIGKILL");
  await once(node, "exit");
  await expect.poll(() => isRunning(pid!), WITHIN).toBe(false);
});

test("nothing is read any more for what an executor process ran when it ended", async () => {
  const executor = wasmExecutor({ limits: { workers: 1 }, confine: "never" });
  await executor.start();
  const asked = Promise.withResolvers<AbortSignal | undefined>();
  const read: ReadableVolume["read"] = (_path, _offset, _length, options) => {
    asked.resolve(options?.signal);
    return new Promise(() => {});
  };
  const inputs = [mounted("/data", { ...memoryVolume({ "": "content" }), read })];
  const running = executor.run(await wasmRequest(probe, { args: ["peek", "/data", "0", "4"], inputs }));
  running.catch(() => {});
  const signal = await asked.promise;
  process.kill(processOf(), "SIGKILL");
  await expect(running).rejects.toMatchObject(ENGINE_DOWN);
  expect(signal?.aborted).toBe(true);
  await executor.stop();
});

test("a node that has no file descriptors left goes on, and starts its executor process once it has", async () => {
  const script = fileURLToPath(new URL("test-crowded-node.ts", import.meta.url));
  const args = ["-c", 'ulimit -n 128; exec "$@"', "sh", process.execPath, script];
  const told: CrowdedTask = { terms: (await wasmRequest(probe)).task.terms };
  const input = JSON.stringify(told);
  expect(execFileSync("/bin/sh", args, { input, encoding: "utf8" })).toBe("up again\n");
});

test("stop() while executor processes are being started leaves none of them", async () => {
  const executor = wasmExecutor({ limits: { workers: 2, processes: 2 } });
  const starting = executor.start();
  starting.catch(() => {});
  await expect.poll(() => executorProcesses().length, WITHIN).toBe(1);
  await executor.stop();
  await expect(starting).rejects.toMatchObject(ENGINE_DOWN);
  expect(executorProcesses()).toEqual([]);
});
