import { readFile } from "node:fs/promises";
import { rewriteModule } from "@gadus/executor/rewrite-module";
import { expect, test } from "vitest";
import { KERNELS, kernelFile, roundsOf } from "./kernels.ts";
import { runBare } from "./run-bare.ts";

const OPTIONS = { maxMemoryPages: 1024, maxTableElements: 1000, maxFrameSlots: 100_000, linked: false };

test.each(KERNELS)(
  "$id prints the same checksum as it is, with fuel, and with canonical NaNs",
  async (kernel) => {
    const module = await readFile(kernelFile(kernel, "wasm"));
    const plain = runBare(module, ["2"]);
    expect(plain).toMatch(/^[0-9a-f]{16}\n$/);
    expect(runBare(module, ["1"])).not.toBe(plain);
    for (const canonicalNans of [false, true]) {
      const { bytes } = rewriteModule(module, { ...OPTIONS, canonicalNans });
      expect(runBare(bytes, ["2"])).toBe(plain);
    }
    expect(await readFile(kernelFile(kernel, "c"), "utf8")).toContain("int main");
  },
);

test("roundsOf() is a share of a kernel's rounds, and one at least", () => {
  expect(roundsOf({ id: "sieve", kind: "integer", rounds: 750 }, 0.1)).toBe(75);
  expect(roundsOf({ id: "sieve", kind: "integer", rounds: 750 }, 0)).toBe(1);
});
