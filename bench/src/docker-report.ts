import { renderTable } from "@gadus/cli/table";
import type { DockerResults, DockerRow } from "./docker-benchmark.ts";
import { PHASES } from "./docker-phases.ts";
import { machineLines } from "./machine.ts";
import { percentile } from "./statistics.ts";

/** What a job may take, in times of a plain run. */
const GOAL_RATIO = 1.15;

/** The results as lines of text, beside those of the baseline where there is one. */
export function renderDocker(results: DockerResults, baseline: DockerResults | undefined): readonly string[] {
  return [
    ...machineLines(results),
    `Docker ${results.engine}, busybox true, one requester and three compute nodes`,
    ...table(
      ["", "samples", "docker run p50 ms", "p95", "job p50 ms", "p95", "ratio", "goal", "was"],
      results.rows.map((row) => rowCells(row, baseline)),
    ),
    "",
    ...table(
      ["where a job's time goes, p50 ms", ...PHASES.map(({ title }) => title)],
      results.rows.map((row) => [
        nameOf(row),
        ...PHASES.map(({ key }) => median(row.phases.map((phases) => phases[key]))),
      ]),
    ),
    "",
    "A job's time is from its submission over HTTP until it is Completed, its result judged and published.",
    "The ratio is of the two medians: how long a job takes, in times of a plain docker run.",
    "Bidding lasts from asking until a bid is accepted; network is the acceptance, and word of the start; engine",
    "is the container and its result until its proposal has come. Medians don't add up to the median of the whole.",
    ...missedGoal(results).map((row) => `OVER THE GOAL: ${nameOf(row)}`),
  ];
}

/** The rows in which jobs take longer than they may. */
export function missedGoal({ rows }: DockerResults): readonly DockerRow[] {
  return rows.filter((row) => ratioOf(row) > GOAL_RATIO);
}

function rowCells(row: DockerRow, baseline: DockerResults | undefined): readonly string[] {
  const { atOnce, jobMs, plainMs } = row;
  const before = baseline?.rows.find((other) => other.atOnce === atOnce);
  return [
    nameOf(row),
    `${jobMs.length}`,
    median(plainMs),
    percentile(plainMs, 0.95).toFixed(0),
    median(jobMs),
    percentile(jobMs, 0.95).toFixed(0),
    ratioOf(row).toFixed(2),
    `≤ ${GOAL_RATIO}`,
    before === undefined ? "" : ratioOf(before).toFixed(2),
  ];
}

function nameOf({ atOnce }: DockerRow): string {
  return atOnce === 1 ? "one at a time" : `${atOnce} at once`;
}

function ratioOf({ jobMs, plainMs }: DockerRow): number {
  return percentile(jobMs, 0.5) / percentile(plainMs, 0.5);
}

function median(values: readonly number[]): string {
  return percentile(values, 0.5).toFixed(0);
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return renderTable(
    titles.map((title) => ({ title })),
    rows,
    Number.POSITIVE_INFINITY,
  );
}
