import { expect, test } from "vitest";
import type { WasmResults } from "./wasm-benchmark.ts";
import { renderWasmReport } from "./wasm-report.ts";

const took = (leastMs: number) => ({ leastMs, medianMs: leastMs });
const TIMES = {
  plain: took(1100),
  fuel: took(1300),
  "fuel and NaN": took(1400),
  "default tiers": took(1600),
};
const RESULTS: WasmResults = {
  measuredAt: "2026-01-01T00:00:00.000Z",
  quick: false,
  machine: { cpu: "Abacus", cores: 2, memoryGiB: 8, node: "v24.0.0", platform: "linux-x64", load: 0.2 },
  kernels: {
    compiler: "gcc 1.0 -O2",
    rounds: 3,
    kernels: [{ id: "sieve", times: { native: took(1000), ...TIMES } }],
  },
  network: [{ id: "sieve", cpuMs: 1500, wallMs: 1620, firstCpuMs: 1700 }],
};

/** The cells of the first line that begins with `start`. */
function cells(lines: readonly string[], start: string): readonly string[] {
  return lines.find((line) => line.startsWith(start))?.split(/ {2,}/) ?? [];
}

test("renderWasmReport() gives the CPU of kernels as ratios to native code, beside their goal", () => {
  const lines = renderWasmReport(RESULTS, undefined);
  expect(lines[0]).toBe("2 × Abacus, 8 GiB, linux-x64, Node v24.0.0");
  const shown = ["1000 ms", "1.10×", "1.30×", "1.40×", "1.60×", "1.50×", "1.5×", "1.00×", "1.70×", "1.62 s"];
  expect(cells(lines, "sieve")).toEqual(["sieve", ...shown]);
  expect(lines.join("\n")).toContain("gcc 1.0 -O2");
});

test("renderWasmReport() gives times where there is no compiler for native code", () => {
  const kernels = { compiler: undefined, rounds: 3, kernels: [{ id: "sieve", times: TIMES }] };
  const lines = renderWasmReport({ ...RESULTS, kernels }, RESULTS);
  const shown = ["1100 ms", "1300 ms", "1400 ms", "1600 ms", "1500 ms", "1.5×", "1700 ms", "1.62 s"];
  expect(cells(lines, "sieve").slice(1)).toEqual(shown);
  expect(lines.join("\n")).toContain("no gcc");
});

test("renderWasmReport() compares jobs with a baseline by their ratios: above 1 is better", () => {
  const network = [{ id: "sieve", cpuMs: 3000, wallMs: 1620, firstCpuMs: 1700 }];
  expect(cells(renderWasmReport(RESULTS, { ...RESULTS, network }), "sieve").at(-1)).toBe("2.00×");
});
