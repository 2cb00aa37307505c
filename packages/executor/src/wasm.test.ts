import type { ReadableVolume, VolumeEntry } from "@gadus/protocol";
import { memoryVolume } from "@gadus/storage/memory";
import { expect, test } from "vitest";
import { describeExecutor, mounted } from "./conformance.ts";
import { wasmExecutor } from "./wasm.ts";
import {
  builtModule,
  compileWat,
  newResults,
  runToEnd,
  startedExecutor,
  type TaskWish,
  wasmRequest,
  wasmTask,
} from "./test-wasm.ts";

const probe = await builtModule("probe");
const out = { resultPaths: [{ name: "outputs", path: "/out" }] };

describeExecutor("wasm", async () => ({
  executor: wasmExecutor({ limits: { workers: 2 } }),
  printing: (stdout, exitCode) => wasmTask(probe, { args: ["say", stdout, "", String(exitCode)] }),
  endless: () => wasmTask(probe, { args: ["loop"] }),
  senseless: () => wasmTask(probe, { params: { entryModule: "/elsewhere.wasm" } }),
  results: newResults,
}));

const executor = startedExecutor();
const run = async (...given: Parameters<typeof wasmRequest>) =>
  runToEnd(executor, await wasmRequest(...given));

test("a guest gets its arguments after an empty name, and its environment sorted bytewise", async () => {
  const args = await run(probe, { args: ["args", "one", "", "zwölf 🐟"] });
  expect(args.files["stdout"]).toBe("0=[]\n1=[args]\n2=[one]\n3=[]\n4=[zwölf 🐟]\n");
  const environment = { b: "2", "\u{1f41f}": "fish", a: "1", "\uffee": "x", B: "0" };
  const env = await run(probe, { args: ["env"], details: { environment } });
  expect(env.files["stdout"]).toBe("B=0\na=1\nb=2\n\uffee=x\n\u{1f41f}=fish\n");
});

test("a guest reads its standard input, and prints to both outputs", async () => {
  const cat = await run(probe, { args: ["cat"], params: { stdin: "from outside\n" } });
  expect(cat.files["stdout"]).toBe("from outside\n");
  const say = await run(probe, { args: ["say", "out", "err", "300"] });
  expect(say.files).toEqual({ stdout: "out", stderr: "err", exitCode: "300" });
});

test("a guest copies an input to a result path, and nothing else is collected", async () => {
  const inputs = [mounted("/data", memoryVolume({ "deep/a.txt": "content" }))];
  const copy = await run(probe, { args: ["copy", "/data/deep/a.txt", "/out/b.txt"], inputs, details: out });
  expect(copy.files["outputs/b.txt"]).toBe("content");
  const elsewhere = await run(probe, { args: ["put", "/scratch.txt", "x"], inputs, details: out });
  expect(Object.keys(elsewhere.files).sort()).toEqual(["exitCode", "stderr", "stdout"]);
});

test("a result path that the guest made a file of is collected under its own name", async () => {
  const swap = await run(probe, { args: ["swap", "/out", "a file"], details: out });
  expect(swap.files["outputs/out"]).toBe("a file");
});

test("links are neither collected nor followed, and inputs inside a result path are left out", async () => {
  const inputs = [mounted("/out/in", memoryVolume({ "a.txt": "input" }))];
  const link = await run(probe, {
    args: ["symlink", "../module.wasm", "/out/link", "/out/kept"],
    inputs,
    details: out,
  });
  expect(link.files).toMatchObject({ "outputs/kept": "x" });
  expect(Object.keys(link.files).filter((path) => path.startsWith("outputs/"))).toEqual(["outputs/kept"]);
});

test("a listing is sorted bytewise, with what is mounted in it", async () => {
  const inputs = [
    mounted("/data", memoryVolume({ b: "", "a/x": "", "\u{1f41f}": "", "\uffee": "", Z: "" })),
    mounted("/data/mounted", memoryVolume({ "": "file" })),
  ];
  const list = await run(probe, { args: ["list", "/data"], inputs });
  expect(list.files["stdout"]).toBe(".\n..\nZ\na\nb\nmounted\n\uffee\n\u{1f41f}\nlist: ok\n");
});

test("an entry point may be any exported function without parameters; returning is exit code 0", async () => {
  const module = await compileWat(`(module
    (func (export "main") (result i32) i32.const 5)
    (func (export "takes") (param i32)))`);
  expect((await run(module, { params: { entrypoint: "main" } })).exitCode).toBe(0);
  await expect(run(module, { params: { entrypoint: "takes" } })).rejects.toMatchObject({
    code: "executor/invalid-module",
    blame: "job",
  });
  await expect(run(module)).rejects.toThrow(`missing export "_start" (it exports "main", "takes")`);
});

test("a trap is exit code 134, and says nothing of the engine", async () => {
  const traps = [
    "unreachable",
    "(drop (i32.div_s (i32.const 1) (i32.const 0)))",
    "(drop (i32.load (i32.const -1)))",
  ];
  for (const body of traps) {
    const module = await compileWat(`(module (memory 1) (func (export "_start") ${body}))`);
    const trap = await run(module);
    expect(trap.files).toEqual({ stdout: "", stderr: "", exitCode: "134" });
  }
  const overflow = await run(probe, { args: ["deep"] });
  expect(overflow.exitCode).toBe(134);
});

test("what is printed over the cap is dropped, and said to be", async () => {
  const small = wasmExecutor({ limits: { workers: 1, maxStdoutBytes: 4, maxStderrBytes: 2 } });
  await small.start();
  const capped = await runToEnd(small, await wasmRequest(probe, { args: ["say", "12345", "12", "0"] }));
  await small.stop();
  expect(capped).toMatchObject({ stdoutTruncated: true, stderrTruncated: false });
  expect(capped.files).toMatchObject({ stdout: "1234", stderr: "12" });
});

test("the clock starts at the job's epoch, sleeping costs no time, and randomness is the seed's", async () => {
  const wish = { args: ["entropy"], details: { epochMs: 1_000, seed: new Uint8Array(32).fill(7) } };
  const first = await run(probe, wish);
  expect(first.files["stdout"]).toMatch(/^[0-9a-f]{80} 1\.00000\d{4} 3601\nentropy: ok\n$/);
  const other = await run(probe, { args: ["entropy"], details: { epochMs: 1_000 } });
  expect(other.files["stdout"]).not.toBe(first.files["stdout"]);
});

test("the same task leaves the same bytes, in the same pool and in another", async () => {
  const inputs = [mounted("/data", memoryVolume({ b: "2", a: "1" }))];
  const another = wasmExecutor({ limits: { workers: 2 } });
  await another.start();
  for (const args of [["entropy"], ["list", "/data"], ["many", "/out", "20"], ["deep"]]) {
    const wish = { args, inputs, details: out };
    const first = await run(probe, wish);
    expect(await run(probe, wish)).toEqual(first);
    expect(await runToEnd(another, await wasmRequest(probe, wish))).toEqual(first);
  }
  await another.stop();
});

test("a worker that is used again keeps nothing of the guest before", async () => {
  await run(probe, { args: ["put", "/left-behind", "x"], details: { environment: { LEFT: "behind" } } });
  expect((await run(probe, { args: ["unlink", "/left-behind"] })).files["stdout"]).toMatch(/No such file/);
  expect((await run(probe, { args: ["env"] })).files["stdout"]).toBe("");
});

test("a large input costs what is read of it", async () => {
  const reads: { offset: number; length: number }[] = [];
  const sizeBytes = 10 * 1024 ** 3;
  const huge: ReadableVolume = {
    stat: async (path) => ({ path, kind: "file", sizeBytes }),
    list: async function* (): AsyncGenerator<VolumeEntry> {},
    read: async (_path, offset, length) => {
      reads.push({ offset, length });
      return new Uint8Array(length).fill(offset / 1024 ** 3);
    },
    close: async () => {},
  };
  const args = ["peek", "/huge", String(7 * 1024 ** 3), "4"];
  const peek = await run(probe, { args, inputs: [mounted("/huge", huge)] });
  expect(peek.files["stdout"]).toBe("07070707\npeek: ok\n");
  expect(reads.length).toBe(1);
  expect(reads[0]).toMatchObject({ offset: 7 * 1024 ** 3 });
  expect(reads[0]?.length).toBeLessThanOrEqual(256 * 1024);
});

test("an input is read whole and in order, whatever the size of its blocks", async () => {
  const content = Array.from({ length: 200_000 }, (_, index) => `${index}\n`).join("");
  const inputs = [mounted("/data", memoryVolume({ "": content }))];
  const copy = await run(probe, { args: ["copy", "/data", "/out/copy"], inputs, details: out });
  expect(copy.files["outputs/copy"] === content).toBe(true);
});

test("a read that fails is EIO in the guest, and no result comes of it", async () => {
  const broken: ReadableVolume = {
    ...memoryVolume({ "": "content" }),
    read: async () => {
      throw new Error("the disk is gone");
    },
  };
  const request = await wasmRequest(probe, {
    args: ["peek", "/data", "0", "4"],
    inputs: [mounted("/data", broken)],
  });
  await expect(executor.run(request)).rejects.toMatchObject({
    code: "executor/input-failed",
    blame: "nobody",
    message: `Cannot read input "/data": the disk is gone`,
  });
  expect(await request.results.stat("stdout")).toBeUndefined();
});

test("a read that fails in the middle of an input leaves no result, though the guest ignores it and exits with 0", async () => {
  const sizeBytes = 3 * 1024 * 1024;
  const memory = memoryVolume({ "": new Uint8Array(sizeBytes) });
  const broken: ReadableVolume = {
    ...memory,
    read: async (path, offset, length) => {
      if (offset + length > 2 * 1024 * 1024) throw new Error("the connection broke");
      return memory.read(path, offset, length);
    },
  };
  const request = await wasmRequest(probe, { args: ["drain", "/data"], inputs: [mounted("/data", broken)] });
  await expect(executor.run(request)).rejects.toMatchObject({
    code: "executor/input-failed",
    blame: "nobody",
    message: `Cannot read input "/data": the connection broke`,
  });
  for (const name of ["stdout", "exitCode"]) expect(await request.results.stat(name)).toBeUndefined();
});

test("run() can be aborted while the guest waits for an input", async () => {
  const asked = Promise.withResolvers<void>();
  const stuck: ReadableVolume = {
    ...memoryVolume({ "": "content" }),
    read: () => {
      asked.resolve();
      return new Promise(() => {});
    },
  };
  const controller = new AbortController();
  const request = await wasmRequest(probe, {
    args: ["peek", "/data", "0", "4"],
    inputs: [mounted("/data", stuck)],
  });
  const running = executor.run(request, { signal: controller.signal });
  await asked.promise;
  controller.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  expect((await run(probe)).files["stdout"]).toBe("Hello, world!\n");
});

test("modules that can't be run are refused by what is wrong with them, and blame the job", async () => {
  const text = new TextEncoder();
  const wasi = `"wasi_snapshot_preview1"`;
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [text.encode("#!/bin/sh\n"), /not WebAssembly: .*magic/],
    [new Uint8Array(0), /not WebAssembly/],
    [Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), /a component/],
    [await compileWat(`(module (import "env" "f" (func)))`), /unknown import env\.f/],
    [
      await compileWat(`(module (import ${wasi} "fd_fly" (func)))`),
      /unknown import wasi_snapshot_preview1\.fd_fly/,
    ],
    [
      await compileWat(`(module (import ${wasi} "fd_close" (func (param i64))))`),
      /another type than in WASI: \(I\)/,
    ],
    [await compileWat(`(module (import "env" "memory" (memory 1)))`), /unknown import env\.memory/],
    [await compileWat(`(module (memory 1 1 shared))`), /threads/],
    [await compileWat(`(module (memory i64 1))`), /64-bit/],
    [await compileWat(`(module (memory 1) (memory 1))`), /2 memories/],
    [await compileWat(`(module (table 9000000 funcref))`), /table entries/],
  ];
  for (const [module, message] of cases) {
    const refused = run(module);
    await expect(refused).rejects.toMatchObject({ code: "executor/invalid-module", blame: "job" });
    await expect(refused).rejects.toThrow(message);
  }
});

test("a module's path may be a folder with one module in it, beside what else is there", async () => {
  const archive = mounted(
    "/main.wasm",
    memoryVolume({ "hello.wasm": probe, README: "x", "sub/other.wasm": "x" }),
  );
  const wish = { args: ["say", "found", "", "0"], inputs: [archive], params: { entryModule: "/main.wasm" } };
  expect((await run(probe, wish)).files["stdout"]).toBe("found");
  const two = { inputs: [mounted("/two", memoryVolume({ "a.wasm": probe, "b.wasm": probe }))] };
  const refused = run(probe, { ...two, params: { entryModule: "/two" } });
  await expect(refused).rejects.toThrow(/"\/two": it is a folder with 2 .wasm files, and not with one/);
});

test("parameters that can't be met are refused by name, and blame the job", async () => {
  const volume = memoryVolume({ a: "" });
  const cases: readonly (readonly [TaskWish, RegExp])[] = [
    [{ params: { importModules: ["/lib.wasm"] } }, /Cannot find module "\/lib.wasm": no input is mounted/],
    [
      { params: { importModules: ["/module.wasm", "/module.wasm"] } },
      /ImportModules\[1\]: the namespace "module" is taken already/,
    ],
    [{ params: { entryModule: "/none.wasm" } }, /no input is mounted there \(targets: "\/module.wasm"\)/],
    [{ inputs: [mounted("/a/../b", volume)] }, /"\/a\/\.\.\/b" is not an absolute path/],
    [{ inputs: [mounted("/data", volume), mounted("/data/", volume)] }, /"\/data\/" is given twice/],
    [{ details: { resultPaths: [{ name: "stdout", path: "/out" }] } }, /"stdout" can't be the name/],
    [{ details: { resultPaths: [{ name: "o", path: "/module.wasm/o" }] } }, /"\/module.wasm" is a file/],
  ];
  for (const [wish, message] of cases) {
    const refused = run(probe, wish);
    await expect(refused).rejects.toMatchObject({ code: "executor/invalid-params", blame: "job" });
    await expect(refused).rejects.toThrow(message);
  }
});

test("admit() takes no task with a network, and none that may write more than fits", async () => {
  const { terms } = wasmTask(probe).task;
  const { resources } = terms;
  for (const refused of [
    { ...terms, network: { ...terms.network, type: "full" as const } },
    { ...terms, resources: { ...resources, diskBytes: 1024 ** 4 } },
    { ...terms, resources: { ...resources, gpus: 1 } },
    { ...terms, fuel: undefined },
  ]) {
    expect(await executor.admit(refused)).toMatchObject({ admitted: false });
  }
});

test("a task that reserves no memory or no disk has none", async () => {
  const resources = { memoryBytes: 0, diskBytes: 0 };
  const refused = run(probe, { resources });
  await expect(refused).rejects.toMatchObject({ code: "executor/limit-exceeded", blame: "job" });
  await expect(refused).rejects.toThrow(/it starts with \d+ bytes of memory, over the task's limit of 0/);
  const args = ["put", "/out/file", "x"];
  const writing = await run(probe, { args, details: out, resources: { diskBytes: 0 } });
  expect(writing.files).toMatchObject({ stdout: "put: No space left on device\n", "outputs/file": "" });
});
