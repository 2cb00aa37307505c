import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { rewriteModule } from "./rewrite-module.ts";
import { runGuest } from "./run-guest.ts";
import { TEST_OPTIONS } from "./test-compare.ts";
import { askFiles, FOLDER_ENTRY, guestTask } from "./test-guest.ts";
import { WASI_SIGNATURES } from "./wasi-signatures.ts";

const folder = new URL("../testdata/conformance/", import.meta.url);
const programs = globSync("*.c", { cwd: folder }).map((file) => file.replace(/\.c$/, ""));
/** What is done to a module before it runs. */
const VARIANTS = {
  "as it was built": (module: Uint8Array) => module,
  "that was rewritten": (module: Uint8Array) => rewriteModule(module, TEST_OPTIONS).bytes,
} as const;

const built = (name: string): Uint8Array => readFileSync(new URL(`${name}.wasm`, folder));

/** How the conformance program `module` ends; `check.h` says what it wants to find. */
function run(module: Uint8Array): { readonly exitCode: number; readonly stdout: string } {
  const task = guestTask(module, {
    args: ["", "one", "two words"],
    environment: ["A=1", "B=2"],
    stdin: { text: "from outside\n" },
    mounts: [{ target: "/in", entry: FOLDER_ENTRY }],
    results: [{ name: "outputs", path: "/out" }],
  });
  const ending = runGuest(task, askFiles({ a: "input\n", "sub/b": "" }));
  if (ending.kind !== "ended") throw new Error(ending.state);
  return { exitCode: ending.exitCode, stdout: new TextDecoder().decode(ending.stdout) };
}

test("every function of WASI preview 1 has a conformance program", () => {
  expect(programs.sort()).toEqual(Object.keys(WASI_SIGNATURES).sort());
});

for (const [variant, prepare] of Object.entries(VARIANTS)) {
  describe(`a module ${variant}`, () => {
    test.each(programs)("finds that %s answers as it should, error by error", (name) => {
      const { exitCode, stdout } = run(prepare(built(name)));
      expect(stdout).toMatch(/^\d+ checks, 0 failures\n$/);
      expect(exitCode).toBe(name === "proc_exit" ? 42 : 0);
    });
  });
}

test("committed conformance programs do what their sources say", { timeout: 120_000 }, ({ skip }) => {
  const scratch = mkdtempSync(join(tmpdir(), "gadus-conformance-"));
  try {
    for (const name of programs) {
      const out = join(scratch, `${name}.wasm`);
      const source = fileURLToPath(new URL(`${name}.c`, folder));
      const { status } = spawnSync("clang", ["--target=wasm32-wasi", "-Oz", "-s", "-o", out, source]);
      if (status !== 0) {
        const wanted = "clang, lld, wasi-libc and libclang-rt-dev-wasm32";
        process.stderr.write(`NOT TESTED: ${name}.c was not compiled: install ${wanted}\n`);
        return skip(`there is no ${wanted}`);
      }
      expect(run(readFileSync(out))).toEqual(run(built(name)));
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
});
