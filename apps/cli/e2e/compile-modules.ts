import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import wabt from "wabt";

const folder = new URL("modules/", import.meta.url);

/** The WebAssembly of every `modules/*.wat`, by the name that its file has without the extension. */
export async function compileModules(): Promise<ReadonlyMap<string, Uint8Array>> {
  const compiler = await wabt();
  const compiled = new Map<string, Uint8Array>();
  for (const file of globSync("*.wat", { cwd: folder })) {
    const module = compiler.parseWat(file, readFileSync(new URL(file, folder), "utf8"));
    compiled.set(basename(file, ".wat"), module.toBinary({}).buffer);
    module.destroy();
  }
  return compiled;
}

/** The path of the committed module `name`. */
export function modulePath(name: string): URL {
  return new URL(`${name}.wasm`, folder);
}
