import { globSync } from "node:fs";
import { wasmExecutor } from "@gadus/executor/wasm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileAssembly } from "./compile-assembly.ts";
import { builtC, compileC } from "./compile-c.ts";
import { ASSEMBLY_EXAMPLES, C_EXAMPLES } from "./programs.ts";
import { type ProgramEnding, runProgram } from "./run-program.ts";

const executor = wasmExecutor({ limits: { workers: 1 } });
beforeAll(() => executor.start());
afterAll(() => executor.stop());

type Check = (ending: ProgramEnding) => void;

const greets: Check = (ending) =>
  expect(ending).toMatchObject({ exitCode: 0, stdout: "Hello, cod!\n", stderr: "" });
const textOf = ({ result }: ProgramEnding): string => new TextDecoder().decode(result);

const C_CHECKS: Readonly<Record<string, Check>> = {
  hello: greets,
  "count-words": (ending) => expect(textOf(ending)).toBe("1 a.txt\n3 b.txt\n4 in all\n"),
  mandelbrot: ({ result }) => {
    expect(new TextDecoder().decode(result?.subarray(0, 13))).toBe("P5 60 10 255\n");
    expect(result?.length).toBe(13 + 600);
    expect(result?.includes(255)).toBe(true);
  },
};
const ASSEMBLY_CHECKS: Readonly<Record<string, Check>> = {
  hello: greets,
  "sum-column": (ending) => expect(textOf(ending)).toBe("sum 24.0\nmean 8.0\n"),
};

test("every example is run here", () => {
  const named = (pattern: string): string[] =>
    globSync(pattern, { cwd: new URL("../", import.meta.url) }).map((path) =>
      path.replace(/^.*\/|\.\w+$/g, ""),
    );
  expect(named("c/*.c").sort()).toEqual(Object.keys(C_EXAMPLES).sort());
  expect(named("c/*.wasm").sort()).toEqual(Object.keys(C_EXAMPLES).sort());
  const library = "wasi";
  expect(named("assembly/*.ts").sort()).toEqual([...Object.keys(ASSEMBLY_EXAMPLES), library].sort());
});

describe.each(Object.entries(C_EXAMPLES))("%s.c", (name, wish) => {
  const check = C_CHECKS[name]!;

  test("does what it says as it is committed", async () => {
    check(await runProgram(executor, builtC(name), wish));
  });

  test("does what it says as it is compiled here", async ({ skip }) => {
    const module = compileC(name);
    if (module === undefined) {
      const wanted = "clang, lld, wasi-libc and libclang-rt-14-dev-wasm32";
      process.stderr.write(`NOT TESTED: ${name}.c was not compiled: install ${wanted}\n`);
      return skip(`there is no ${wanted}`);
    }
    check(await runProgram(executor, module, wish));
  });
});

describe.each(Object.entries(ASSEMBLY_EXAMPLES))("%s.ts", (name, wish) => {
  const check = ASSEMBLY_CHECKS[name]!;

  test("does what it says as it is compiled here", async () => {
    check(await runProgram(executor, await compileAssembly(name), wish));
  });
});
