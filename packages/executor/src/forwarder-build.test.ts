import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../forward/", import.meta.url));
/** The compiler of the committed programs: another writes other code. */
const COMPILER = /clang version 14\./;

test("committed forwarders are what their source is compiled to", ({ skip }) => {
  const { stdout } = spawnSync("clang", ["--version"], { encoding: "utf8" });
  if (!COMPILER.test(stdout ?? "")) {
    process.stderr.write("NOT TESTED: forward.c was not compiled: install clang and lld 14, of Debian 12\n");
    return skip("there is no clang 14");
  }
  const scratch = mkdtempSync(join(tmpdir(), "gadus-forward-"));
  try {
    const { status, stderr } = spawnSync(join(folder, "build.sh"), [scratch], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const name of ["forward-x64", "forward-arm64"]) {
      const built = readFileSync(join(scratch, name));
      expect(built.equals(readFileSync(join(folder, name)))).toBe(true);
      expect(built.length).toBeLessThan(4096);
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
});
