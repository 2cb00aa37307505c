import { memoryVolume } from "@gadus/storage/memory";
import { expect, test } from "vitest";
import { mounted } from "./conformance.ts";
import { type EscapeHost, checkedWish, escapeHost, escapeProgram } from "./test-escape.ts";
import { compileWat, type Ending, type TaskWish } from "./test-wasm.ts";

// What a guest may make, write, open and print, and what becomes of one that wants more.

const small = escapeHost({ limits: { maxNodes: 200 } });
const roomy = escapeHost();
const MIB = 1024 * 1024;
const overLimit = { code: "executor/limit-exceeded", blame: "job" };
/** Error numbers of WASI. */
const [NOSPC, MFILE, NAMETOOLONG, NOMEM] = [51, 33, 37, 48];
/** What is made in `/out` is no result. */
const dropped: TaskWish = { details: { resultPaths: [{ name: "other", path: "/out/x" }] } };

async function fill(args: string, wish: TaskWish = {}, host: EscapeHost = small): Promise<Ending> {
  return await host.attack(await escapeProgram("fill"), checkedWish({ args: args.split(" "), ...wish }));
}

/** How many of the first of `args` a guest got that wanted as many as the second, and the error that stopped it. */
async function got(args: string, wish: TaskWish = {}, host: EscapeHost = small): Promise<string | undefined> {
  const [said, checks] = (await fill(args, wish, host)).files["stdout"]?.split("\n") ?? [];
  expect(checks).toMatch(/^\d+ checks, 0 failures$/);
  return said;
}

test("files, folders, links and further names of a file count alike, and what is taken away counts no more", async () => {
  expect(await got("files 300", dropped)).toBe(`200 then ${NOSPC}`);
  expect(await got("directories 300", dropped)).toBe(`200 then ${NOSPC}`);
  expect(await got("symlinks 300", dropped)).toBe(`200 then ${NOSPC}`);
  expect(await got("hard-links 300", dropped)).toBe(`199 then ${NOSPC}`);
  expect(await got("names 5000", dropped)).toBe("5000 then 0");
});

test("a file counts with each of its names in the results, towards bytes", async () => {
  const resources = { diskBytes: 8 * 100 };
  const { files } = await fill("hard-links 99", { resources });
  expect(Object.values(files).filter((text) => text === "12345678").length).toBe(100);
  await expect(fill("hard-links 100", { resources })).rejects.toMatchObject(overLimit);
});

test("a file that is under several result paths counts with each of them", async () => {
  const details = {
    resultPaths: [
      { name: "outer", path: "/out" },
      { name: "all", path: "/" },
    ],
  };
  expect(Object.keys((await fill("files 100", { details })).files).length).toBe(200 + 3);
  const tooMany = fill("files 101", { details });
  await expect(tooMany).rejects.toMatchObject(overLimit);
  await expect(tooMany).rejects.toThrow("its results are more than 200 files");
});

test("bytes end at the job's limit to the byte, wherever in a file they are", async () => {
  const resources = { diskBytes: MIB };
  const { files } = await small.attack(await escapeProgram("sparse"), checkedWish({ resources }));
  expect(files["stdout"]).toMatch(/^\d+ checks, 0 failures\n$/);
  expect(files["outputs/other"]).toBe("x");
  expect(await got("written 100", { resources })).toBe(`16 then ${NOSPC}`);
});

test("open files and listings that are begun end at what one guest may have", async () => {
  // Three streams, the root, and two that the program opens first.
  expect(await got("open-files 2000")).toBe(`${1024 - 6} then ${MFILE}`);
  const listings = Math.floor(262_144 / (1000 + ". ..".split(" ").length));
  expect(await got("listings 1000 f1000", dropped, roomy)).toBe(`${listings} then ${NOMEM}`);
});

test("folders in each other are no depth to the host, and neither are those of an input", async () => {
  expect(await got("each-in-the-last 300")).toBe(`200 then ${NOSPC}`);
  const name = "n".repeat(255);
  const deep = memoryVolume({ [Array.from({ length: 300 }, () => name).join("/")]: "" });
  const [, ...rest] = checkedWish().inputs ?? [];
  const inputs = [mounted("/in", deep), ...rest];
  const args = ["input", "1000"];
  const { files } = await small.attack(await escapeProgram("fill"), { ...checkedWish({ args }), inputs });
  expect(files["stdout"]).toMatch(new RegExp(`^64 then ${NAMETOOLONG}\n`));
});

test("results that are too deep, too many or too long for a host are over the job's limits", async () => {
  const { files } = await fill("each-in-the-last 200", {}, roomy);
  expect(files[`outputs/${"d/".repeat(200)}file`]).toBe("deep");
  const depth = fill("each-in-the-last 300", {}, roomy);
  await expect(depth).rejects.toMatchObject(overLimit);
  await expect(depth).rejects.toThrow(/is 302 folders deep, over the limit of 256/);
  const names = fill("files 2200 e240", {}, roomy);
  await expect(names).rejects.toMatchObject(overLimit);
  await expect(names).rejects.toThrow(/more than 524288 names in their paths/);
});

test("ten gigabytes that are printed are cut off and said to be, or fail where the job says so", async () => {
  // 16 MiB again and again, 640 times, in three calls.
  const printing = (stream: number): Promise<Uint8Array> =>
    compileWat(`(module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 257)
      (func $print (if (call $write (i32.const ${stream}) (i32.const 0) (i32.const 214) (i32.const 8192)) (then unreachable)))
      (func (export "_start") (local $i i32)
        (loop $fill
          (i32.store offset=4 (local.get $i) (i32.const ${16 * MIB}))
          (local.set $i (i32.add (local.get $i) (i32.const 8)))
          (br_if $fill (i32.lt_u (local.get $i) (i32.const 1712))))
        (call $print) (call $print) (call $print)))`);
  const stdout = await small.attack(await printing(1));
  expect(stdout).toMatchObject({ exitCode: 0, stdoutTruncated: true, stderrTruncated: false });
  expect(stdout.files["stdout"]?.length).toBe(MIB);
  const stderr = await small.attack(await printing(2));
  expect(stderr).toMatchObject({ exitCode: 0, stdoutTruncated: false, stderrTruncated: true });
  expect(stderr.files["stderr"]?.length).toBe(MIB);
  const failing = small.attack(await printing(1), { params: { outputOverflow: "fail" } });
  await expect(failing).rejects.toMatchObject(overLimit);
  await expect(failing).rejects.toThrow(/it printed more than 1048576 bytes to stdout/);
});
