import { expect, test } from "vitest";
import { renderReport } from "./report.ts";
import type { Results } from "./results.ts";

const RESULTS: Results = {
  measuredAt: "2026-01-01T00:00:00.000Z",
  quick: false,
  machine: { cpu: "Abacus", cores: 2, memoryGiB: 8, node: "v24.0.0", platform: "linux-x64", load: 0.2 },
  rows: [
    row("64 B, 1 execution, one at a time", 10, 100),
    row("64 B, 1 execution, 10 submitters", 50, 300),
    row("64 B, 1 execution, 200 submitters", 900, 200),
  ],
  jobs: 700,
  memory: [{ node: "requester", residentBytes: 125 * 1024 ** 2 }],
};

function row(id: string, p50Ms: number, jobsPerSecond: number): Results["rows"][number] {
  return { id, measurement: { jobs: 1, failed: 0, p50Ms, p95Ms: p50Ms * 2, jobsPerSecond } };
}

/** The cells of the first line that begins with `start`. */
function cells(lines: readonly string[], start: string): readonly string[] {
  return lines.find((line) => line.startsWith(start))?.split(/ {2,}/) ?? [];
}

test("renderReport() names the machine, and sets each row beside its goal and the reference", () => {
  const lines = renderReport(RESULTS, undefined);
  expect(lines[0]).toBe("2 × Abacus, 8 GiB, linux-x64, Node v24.0.0");
  const latency = cells(lines, "64 B, 1 execution, one at a time");
  expect(latency.slice(1)).toEqual(["10.0", "20.0", "100.0", "15 ms", "1.50×", "30 ms", "3.00×"]);
  const throughput = cells(lines, "64 B, 1 execution, 200 submitters");
  expect(throughput.slice(1)).toEqual(["900.0", "1800.0", "200.0", "150 /s", "1.33×"]);
});

test("renderReport() says where the machine was busy with other things", () => {
  const busy = renderReport({ ...RESULTS, machine: { ...RESULTS.machine, load: 3 } }, undefined);
  expect(busy[1]).toContain("busy: a load of 3.0");
  expect(renderReport(RESULTS, undefined).join("\n")).not.toContain("busy");
});

test("renderReport() says where throughput falls as submitters grow", () => {
  expect(renderReport(RESULTS, undefined)).toContain(
    "jobs/s as submitters grow (64 B, 1 per job): 100 → 300 → 200 (falls)",
  );
});

test("renderReport() compares with a baseline: above 1 is better, in time and in jobs a second", () => {
  const baseline: Results = {
    ...RESULTS,
    rows: [row("64 B, 1 execution, one at a time", 20, 50), row("64 B, 1 execution, 10 submitters", 50, 600)],
    memory: [{ node: "requester", residentBytes: 250 * 1024 ** 2 }],
  };
  const lines = renderReport(RESULTS, baseline);
  expect(cells(lines, "64 B, 1 execution, one at a time").at(-1)).toBe("2.00×");
  expect(cells(lines, "64 B, 1 execution, 10 submitters").at(-1)).toBe("0.50×");
  expect(lines).toContain("  requester: 125 MiB, 2.00× to the goal, was 250 MiB");
});
