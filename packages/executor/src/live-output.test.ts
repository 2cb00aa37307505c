import type { OutputName } from "@gadus/protocol";
import { expect, test } from "vitest";
import { builtModule, compileWat, startedExecutor, textFiles, wasmRequest } from "./test-wasm.ts";

const executor = startedExecutor();

/** Prints `a` to stdout, `bb` to stderr and `c` to stdout, each `times` over, one after the other; then goes on for ever. */
function printing(times: number, then = "(loop $ever (br $ever))"): Promise<Uint8Array> {
  return compileWat(`(module
    (import "wasi_snapshot_preview1" "fd_write"
      (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "abbc")
    (data (i32.const 16) "\\00\\00\\00\\00\\01\\00\\00\\00\\01\\00\\00\\00\\02\\00\\00\\00\\03\\00\\00\\00\\01\\00\\00\\00")
    (func (export "_start") (local $left i32)
      (local.set $left (i32.const ${times}))
      (loop $again
        (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 64)))
        (drop (call $write (i32.const 2) (i32.const 24) (i32.const 1) (i32.const 64)))
        (drop (call $write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 64)))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      ${then}))`);
}

/** Runs `module`; answers what it was heard to print, each run of one stream together. */
async function listen(module: Uint8Array, until: string, signal?: AbortSignal) {
  const parts: [OutputName, string][] = [];
  const heard = Promise.withResolvers<void>();
  let latest = "";
  const request = await wasmRequest(module);
  const output = (stream: OutputName, bytes: Uint8Array): void => {
    const text = new TextDecoder().decode(bytes);
    const last = parts.at(-1);
    if (last?.[0] === stream) last[1] += text;
    else parts.push([stream, text]);
    latest = (latest + text).slice(-until.length);
    if (latest === until) heard.resolve();
  };
  const run = executor.run({ ...request, output }, signal === undefined ? {} : { signal });
  return { parts, heard: heard.promise, run, results: request.results };
}

test("what a guest prints is heard while it runs, in order, though it does nothing but compute afterwards", async () => {
  const stop = new AbortController();
  const { parts, heard, run } = await listen(await printing(2), "abbcabbc", stop.signal);
  await heard;
  stop.abort(new Error("heard enough"));
  await expect(run).rejects.toThrow("heard enough");
  expect(parts).toEqual([
    ["stdout", "a"],
    ["stderr", "bb"],
    ["stdout", "ca"],
    ["stderr", "bb"],
    ["stdout", "c"],
  ]);
});

test("all that a guest prints at once is heard by the time that its run ends, as it is in the results", async () => {
  const { parts, run, results } = await listen(await printing(50_000, ""), "never");
  await run;
  const files = await textFiles(results);
  const of = (name: OutputName): string =>
    parts
      .filter(([stream]) => stream === name)
      .map(([, text]) => text)
      .join("");
  expect(of("stdout")).toBe("ac".repeat(50_000));
  expect(of("stdout")).toBe(files["stdout"]);
  expect(of("stderr")).toBe(files["stderr"]);
  expect(parts[1]).toEqual(["stderr", "bb"]);
});

test("what a guest prints beyond what is kept is not heard either", async () => {
  const { parts, run, results } = await listen(await printing(600_000, ""), "never");
  expect(await run).toMatchObject({ stdoutTruncated: true, stderrTruncated: true });
  const files = await textFiles(results);
  const heard = parts
    .filter(([stream]) => stream === "stdout")
    .map(([, text]) => text)
    .join("");
  expect(files["stdout"]).toHaveLength(1024 * 1024);
  expect(files["stdout"]?.startsWith(heard)).toBe(true);
  expect(heard.length).toBeGreaterThan(500_000);
});

test("a run whose output nobody wants is the same run", async () => {
  const module = await builtModule("probe");
  const request = await wasmRequest(module, { args: ["say", "out", "err", "3"] });
  expect(await executor.run(request)).toMatchObject({ exitCode: 3 });
  expect(await textFiles(request.results)).toMatchObject({ stdout: "out", stderr: "err" });
});
