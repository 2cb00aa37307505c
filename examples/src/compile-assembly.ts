import { readFile } from "node:fs/promises";
import asc from "assemblyscript/asc";

const folder = new URL("../assembly/", import.meta.url);

/** Compiles an AssemblyScript example as the guide says. */
export async function compileAssembly(name: string): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const options = ["--outFile", "out.wasm", "--exportStart", "_start", "--use", "abort=wasi/onAbort"];
  const { error } = await asc.main([`${name}.ts`, ...options, "-O2", "--runtime", "incremental"], {
    readFile: (path) => readFile(new URL(path, folder), "utf8").catch(() => null),
    writeFile: (_path, contents) => {
      if (typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
  });
  if (error === null && binary !== undefined) return binary;
  throw new Error(`Cannot compile ${name}.ts`, { cause: error });
}
