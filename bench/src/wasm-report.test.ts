import { expect, test } from "vitest";
import type { WasmResults } from "./wasm-benchmark.ts";
import { renderWasmReport } from "./wasm-report.ts";

const MIB = 1024 ** 2;
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
  starts: {
    executorMs: 120,
    starts: [{ module: "64 B", kind: "cold", runs: 30, p50Ms: 2.5, p95Ms: 4 }],
  },
  memory: [
    { jobs: 1, bareBytes: 40 * MIB, idleBytes: 70 * MIB, busyBytes: 88 * MIB, guestBytes: 8 * MIB },
    { jobs: 8, bareBytes: 40 * MIB, idleBytes: 70 * MIB, busyBytes: 294 * MIB, guestBytes: 64 * MIB },
  ],
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
  expect(lines.join("\n")).toContain("as much CPU: none.");
  const network = [{ id: "sieve", cpuMs: 1500, wallMs: 3001, firstCpuMs: 1700 }];
  expect(renderWasmReport({ ...RESULTS, network }, undefined).join("\n")).toContain("as much CPU: sieve.");
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

test("renderWasmReport() gives how long cold and warm runs take, beside a baseline", () => {
  const slower = RESULTS.starts.starts.map((starts) => ({ ...starts, p50Ms: 5 }));
  const lines = renderWasmReport(RESULTS, { ...RESULTS, starts: { executorMs: 1, starts: slower } });
  expect(cells(lines, "64 B, cold")).toEqual(["64 B, cold", "30", "2.50", "4.00", "2.00×"]);
  expect(lines.join("\n")).toContain("starts in 120 ms");
});

test("renderWasmReport() gives what a job takes of memory over its guest's own", () => {
  const lines = renderWasmReport(RESULTS, undefined);
  const goal = "19.1 MiB";
  expect(cells(lines, "1  ")).toEqual(["1", "48.0 MiB", "8.0 MiB", "10.0 MiB", goal, "1.91×"]);
  expect(cells(lines, "8  ")).toEqual(["8", "254.0 MiB", "64.0 MiB", "20.0 MiB", goal, "0.95×"]);
  expect(lines.join("\n")).toContain("at rest has 30.0 MiB");
});
