import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { runGuest } from "./run-guest.ts";
import { askFiles, FOLDER_ENTRY, guestTask } from "./test-guest.ts";
import { WASI_SIGNATURES } from "./wasi-signatures.ts";

const folder = new URL("../testdata/conformance/", import.meta.url);
const programs = globSync("*.wasm", { cwd: folder }).map((file) => file.replace(/\.wasm$/, ""));
/** What is done to a module before it runs. */
const VARIANTS = { "as it was built": (module: Uint8Array) => module } as const;

test("every function of WASI preview 1 has a conformance program", () => {
  expect(programs.sort()).toEqual(Object.keys(WASI_SIGNATURES).sort());
});

for (const [variant, prepare] of Object.entries(VARIANTS)) {
  describe(`a module ${variant}`, () => {
    test.each(programs)("finds that %s answers as it should, error by error", async (name) => {
      const module = prepare(await readFile(new URL(`${name}.wasm`, folder)));
      const task = guestTask(module, {
        args: ["", "one", "two words"],
        environment: ["A=1", "B=2"],
        stdin: { text: "from outside\n" },
        mounts: [{ target: "/in", entry: FOLDER_ENTRY }],
        results: [{ name: "outputs", path: "/out" }],
      });
      const ending = runGuest(task, askFiles({ a: "input\n", "sub/b": "" }));
      if (ending.kind !== "ended") throw new Error(ending.state);
      expect(new TextDecoder().decode(ending.stdout)).toMatch(/^\d+ checks, 0 failures\n$/);
      expect(ending.exitCode).toBe(name === "proc_exit" ? 42 : 0);
    });
  });
}
