import { expect, test } from "vitest";
import type { StreamMeasurement, StreamResults } from "./stream-benchmark.ts";
import { overGoal, renderStreams } from "./stream-report.ts";

const MIB = 1024 ** 2;

function measurement(change: Partial<StreamMeasurement>): StreamMeasurement {
  return {
    row: {
      id: "a file",
      place: "holder",
      source: {},
      plan: { kind: "sequence", bytes: 100 * MIB, blockBytes: 65_536 },
    },
    seconds: 0.5,
    directSeconds: 0.25,
    peak: { nodeBytes: 100 * MIB, engineBytes: 50 * MIB },
    requests: 0,
    ...change,
  };
}

const results = (...measurements: readonly StreamMeasurement[]): StreamResults => ({
  measuredAt: "2026-01-01T00:00:00.000Z",
  machine: { cpu: "a CPU", cores: 2, memoryGiB: 4, node: "v24.0.0", platform: "linux-x64", load: 0 },
  quick: false,
  content: { cid: "bafy", sizeBytes: 0, distinctBytes: 8 * MIB, blocks: ["a", "b"] },
  measurements,
});

test("renderStreams() gives throughput, the ratio to reading directly, and memory", () => {
  const lines = renderStreams(results(measurement({})), undefined);
  expect(lines.find((line) => line.startsWith("a file"))?.split(/ {2,}/)).toEqual([
    "a file",
    "100 MiB",
    "0.50",
    "210",
    "0.500",
    "100",
    "50",
  ]);
});

test("overGoal() names rows whose node or engine held more than it may", () => {
  const node = measurement({ peak: { nodeBytes: 300 * MIB, engineBytes: 0 } });
  const engine = measurement({ peak: { nodeBytes: 0, engineBytes: 257 * MIB } });
  expect(overGoal(results(measurement({}), node, engine))).toEqual([node, engine]);
  expect(renderStreams(results(node), undefined).join("\n")).toContain("OVER THE GOAL: a file");
});

test("renderStreams() compares with a baseline that read as much: above 1 is faster", () => {
  const shown = (baseline: StreamMeasurement): string | undefined =>
    renderStreams(results(measurement({})), results(baseline)).find((line) => line.startsWith("a file"));
  expect(shown(measurement({ seconds: 1 }))).toMatch(/ 2\.00×$/);
  const { row } = measurement({});
  const less = { ...row, plan: { kind: "sequence", bytes: MIB, blockBytes: 65_536 } } as const;
  expect(shown(measurement({ row: less }))).not.toContain("×");
});
