import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = new URL("../c/", import.meta.url);

/** The committed build of a C example. */
export function builtC(name: string): Uint8Array {
  return readFileSync(new URL(`${name}.wasm`, folder));
}

/** Compiles a C example as the guide says; undefined on a machine whose clang can't build for WASI, or has none. */
export function compileC(name: string): Uint8Array | undefined {
  const scratch = mkdtempSync(join(tmpdir(), "gadus-examples-"));
  try {
    const out = join(scratch, "out.wasm");
    const source = fileURLToPath(new URL(`${name}.c`, folder));
    const { status } = spawnSync("clang", ["--target=wasm32-wasi", "-O2", "-s", "-o", out, source]);
    return status === 0 ? readFileSync(out) : undefined;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
