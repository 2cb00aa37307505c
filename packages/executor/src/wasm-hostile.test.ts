import { expect, test } from "vitest";
import { wasmExecutor } from "./wasm.ts";
import { builtModule, compileWat, runToEnd, startedExecutor, wasmRequest } from "./test-wasm.ts";
import { WASI_SIGNATURES } from "./wasi-signatures.ts";

const probe = await builtModule("probe");
const details = { resultPaths: [{ name: "outputs", path: "/out" }] };
const executor = startedExecutor();
const run = async (...given: Parameters<typeof wasmRequest>) =>
  runToEnd(executor, await wasmRequest(...given));
const stdoutOf = async (...args: string[]) => (await run(probe, { args, details })).files["stdout"];

test("no path leads out of the guest's folder", async () => {
  const nothing = /No such file|Capabilities insufficient|Operation not permitted|Too many/;
  expect(await stdoutOf("peek", "/../../etc/passwd", "0", "8")).toMatch(nothing);
  expect(await stdoutOf("peek", "/etc/passwd", "0", "8")).toMatch(nothing);
  expect(await stdoutOf("list", "/proc/self")).toMatch(nothing);
  expect(await stdoutOf("symlink", "/etc", "/out/etc", "/out/etc/x")).toMatch(/symlink: (?!ok)/);
  const up = await run(probe, {
    args: ["symlink", "../../../../tmp", "/out/up", "/out/up/escaped"],
    details,
  });
  expect(up.files["stdout"]).toMatch(/symlink: ok\nthen: (?!ok)/);
  expect(Object.keys(up.files)).not.toContain("outputs/up/escaped");
});

test("what a guest writes ends at its quota, and at that of files", async () => {
  expect(await stdoutOf("fill", "/out/big", String(17 * 1024 * 1024))).toBe(
    "fill: No space left on device\n",
  );
  expect(await stdoutOf("fill", "/out/big", String(15 * 1024 * 1024))).toBe("fill: ok\n");
  const small = wasmExecutor({ limits: { workers: 1, maxNodes: 10 } });
  await small.start();
  const many = await runToEnd(small, await wasmRequest(probe, { args: ["many", "/out", "11"], details }));
  await small.stop();
  expect(many.files["stdout"]).toBe("many: No space left on device\n");
  expect(Object.keys(many.files).filter((path) => path.startsWith("outputs/")).length).toBe(10);
});

test("a guest that starts with too much memory is the job's fault, and growth over its limit answers -1", async () => {
  const resources = { memoryBytes: 1024 * 1024 };
  const refused = { code: "executor/limit-exceeded", blame: "job" };
  const large = await compileWat(`(module (memory 17) (func (export "_start")))`);
  await expect(run(large, { resources })).rejects.toMatchObject(refused);
  const growing = await compileWat(`(module (memory (export "memory") 1)
    (func (export "_start") 
      (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))))`);
  expect((await run(growing, { resources })).exitCode).toBe(134);
  expect((await run(growing, { resources: { memoryBytes: 17 * 65_536 } })).exitCode).toBe(0);
});

test("pointers and counts of every kind, given to every function, hurt nobody but the guest", async () => {
  const values = { i: ["0", "-1", "65535", "2147483647"], I: ["0", "-1", "9007199254740993"] } as const;
  for (const [name, parameters] of Object.entries(WASI_SIGNATURES)) {
    if (name === "proc_exit") continue;
    const kinds = Array.from(parameters, (kind) => (kind === "I" ? "I" : "i"));
    const types = kinds.map((kind) => (kind === "I" ? "i64" : "i32")).join(" ");
    const calls = [0, 1, 2, 3].flatMap((shift) =>
      [3, 99].map((fd) => {
        const given = kinds.map((kind, index) => {
          const value =
            index === 0 && kind === "i" && shift < 3
              ? fd
              : values[kind][(index + shift) % values[kind].length];
          return `(${kind === "I" ? "i64" : "i32"}.const ${value})`;
        });
        return `(drop (call $f ${given.join(" ")}))`;
      }),
    );
    const module = await compileWat(`(module
      (import "wasi_snapshot_preview1" "${name}" (func $f (param ${types}) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start") ${calls.join("\n")}))`);
    expect({ name, ...(await run(module)) }).toMatchObject({ name, exitCode: 0 });
    const bare = await compileWat(`(module
      (import "wasi_snapshot_preview1" "${name}" (func $f (param ${types}) (result i32)))
      (func (export "_start") ${calls.join("\n")}))`);
    expect({ name, ...(await run(bare)) }).toMatchObject({ name, exitCode: 0 });
  }
});

test("a guest that calls proc_exit in its start function ends with that code", async () => {
  const module = await compileWat(`(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (func $early (call $exit (i32.const 9)))
    (start $early)
    (func (export "_start") unreachable))`);
  expect((await run(module)).exitCode).toBe(9);
});

test("two hundred modules that fail, each in its own way, leave the executor as it was", async () => {
  const kinds = [
    new TextEncoder().encode("nonsense"),
    await compileWat(`(module (func (export "_start") unreachable))`),
    await compileWat(`(module (import "env" "f" (func)) (func (export "_start")))`),
    await compileWat(`(module (func $f (call $f)) (func (export "_start") (call $f)))`),
    await compileWat(`(module)`),
  ];
  const runs = Array.from({ length: 200 }, (_, index) => run(kinds[index % kinds.length]!));
  const settled = await Promise.allSettled(runs);
  expect(settled.filter((end) => end.status === "fulfilled").every((end) => end.value.exitCode === 134)).toBe(
    true,
  );
  expect(settled.filter((end) => end.status === "rejected").length).toBe(120);
  expect((await run(probe)).files["stdout"]).toBe("Hello, world!\n");
});

test("endless guests that are aborted make room for others", async () => {
  for (let round = 0; round < 3; round += 1) {
    const controller = new AbortController();
    const running = executor.run(await wasmRequest(probe, { args: ["loop"] }), { signal: controller.signal });
    const waiting = run(probe);
    controller.abort(new Error("stop"));
    await expect(running).rejects.toThrow("stop");
    expect((await waiting).exitCode).toBe(0);
  }
});

test("a worker is replaced after as many guests as it may have", async () => {
  const worn = wasmExecutor({ limits: { workers: 1, maxRunsPerWorker: 2 } });
  await worn.start();
  for (let round = 0; round < 5; round += 1) {
    expect((await runToEnd(worn, await wasmRequest(probe))).exitCode).toBe(0);
  }
  await worn.stop();
});
