import { expect, test } from "vitest";
import type { DockerResults, DockerRow } from "./docker-benchmark.ts";
import { missedGoal, renderDocker } from "./docker-report.ts";

const phases = { biddingMs: 20, networkMs: 10, engineMs: 180, verdictMs: 1, publishingMs: 5, restMs: 4 };

function row(change: Partial<DockerRow>): DockerRow {
  return { atOnce: 1, jobMs: [210, 220, 400], plainMs: [190, 200, 300], phases: [phases], ...change };
}

const results = (...rows: readonly DockerRow[]): DockerResults => ({
  measuredAt: "2026-01-01T00:00:00.000Z",
  machine: { cpu: "a CPU", cores: 2, memoryGiB: 4, node: "v24.0.0", platform: "linux-x64", load: 0 },
  quick: false,
  engine: "20.10",
  rows,
});

test("renderDocker() names the machine, and gives medians, their ratio, and where time goes", () => {
  const lines = renderDocker(results(row({})), undefined);
  expect(lines.slice(0, 2).join()).toMatch(/^2 × a CPU, 4 GiB, linux-x64, Node v24.0.0,Docker 20.10/);
  const cells = lines.filter((line) => line.startsWith("one at a time")).map((line) => line.split(/ {2,}/));
  expect(cells).toEqual([
    ["one at a time", "3", "200", "300", "220", "400", "1.10", "≤ 1.15"],
    ["one at a time", "20", "10", "180", "1", "5", "4"],
  ]);
});

test("missedGoal() names rows in which jobs take more than 1.15 times as long", () => {
  const slow = row({ atOnce: 8, jobMs: [231], plainMs: [200] });
  expect(missedGoal(results(row({}), slow))).toEqual([slow]);
  expect(renderDocker(results(slow), undefined).join("\n")).toContain("OVER THE GOAL: 8 at once");
});

test("renderDocker() shows what the ratio was with as many at once", () => {
  const shown = (baseline: DockerRow): string | undefined =>
    renderDocker(results(row({})), results(baseline)).find((line) => line.startsWith("one at a time"));
  expect(shown(row({ jobMs: [300], plainMs: [200] }))).toMatch(/ 1\.50$/);
  expect(shown(row({ atOnce: 8 }))).toMatch(/1\.15$/);
});
