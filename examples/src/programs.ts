import { globSync } from "node:fs";
import type { ProgramWish } from "./run-program.ts";

/** What each C example is run with. */
export const C_EXAMPLES: Readonly<Record<string, ProgramWish>> = {
  hello: { args: ["cod"] },
  "count-words": {
    args: ["/in", "/out/result"],
    files: { "b.txt": "one two\n three", "a.txt": "four", "c/d": "x" },
  },
  mandelbrot: {
    args: ["60", "40", "/out/result"],
    environment: { GADUS_PARTITION_INDEX: "1", GADUS_PARTITION_COUNT: "4" },
  },
};

/** What each AssemblyScript example is run with. */
export const ASSEMBLY_EXAMPLES: Readonly<Record<string, ProgramWish>> = {
  hello: { args: ["cod"] },
  "sum-column": {
    args: ["/in/fish.csv", "weight", "/out/result"],
    files: { "fish.csv": "name,weight\ncod,12.5\nhaddock,2.5\nling,9\n" },
  },
};

/** What a conformance program of the executor is run with; `check.h` beside them says the same. */
export function conformanceWish(name: string): ProgramWish {
  return {
    args: ["one", "two words"],
    environment: { A: "1", B: "2" },
    stdin: "from outside\n",
    files: { a: "input\n", "sub/b": "" },
    exitCode: name === "proc_exit" ? 42 : 0,
  };
}

/** Where conformance programs are. */
export const CONFORMANCE_FOLDER = new URL("../../packages/executor/testdata/conformance/", import.meta.url);

/** Conformance programs by name. */
export function conformancePrograms(): readonly string[] {
  return globSync("*.wasm", { cwd: CONFORMANCE_FOLDER }).map((file) => file.replace(/\.wasm$/, ""));
}
