import { renderTable } from "@gadus/cli/table";
import { machineLines } from "./machine.ts";
import type { Measurement } from "./measure.ts";
import type { Results } from "./results.ts";
import { ROWS, type Row } from "./rows.ts";

const MEMORY_GOAL_BYTES = 250 * 1024 ** 2;
const COLUMNS = ["", "p50 ms", "p95 ms", "jobs/s", "goal", "to goal", "reference", "to it", "to baseline"];

/** The results beside the goals, as lines of text. Every ratio above 1 is better than what it compares with. */
export function renderReport(results: Results, baseline: Results | undefined): readonly string[] {
  const measured = new Map(results.rows.map((row) => [row.id, row.measurement]));
  const before = new Map(baseline?.rows.map((row) => [row.id, row.measurement]));
  const cells = ROWS.flatMap((row) => {
    const measurement = measured.get(row.id);
    return measurement === undefined ? [] : [rowCells(row, measurement, before.get(row.id))];
  });
  return [
    ...machineLines(results),
    ...renderTable(
      COLUMNS.map((title) => ({ title })),
      cells,
      Number.POSITIVE_INFINITY,
    ),
    "",
    ...failureLines(results),
    ...flatnessLines(measured),
    ...memoryLines(results, baseline),
    "Ratios above 1 are better. The reference is Bacalhau v1.9.3 on such a machine, without verification.",
  ];
}

function rowCells(row: Row, measurement: Measurement, before: Measurement | undefined): readonly string[] {
  const value = measurement[row.figure];
  const unit = row.figure === "p50Ms" ? "ms" : "/s";
  const target = (goal: number | undefined): string => (goal === undefined ? "" : `${goal} ${unit}`);
  const ratio = (other: number | undefined): string =>
    other === undefined ? "" : formatRatio(row, value, other);
  return [
    row.id,
    measurement.p50Ms.toFixed(1),
    measurement.p95Ms.toFixed(1),
    measurement.jobsPerSecond.toFixed(1),
    target(row.goal),
    ratio(row.goal),
    target(row.reference),
    ratio(row.reference),
    ratio(before?.[row.figure]),
  ];
}

/** How much better `value` is than `other`, such as `1.25×`. */
function formatRatio(row: Row, value: number, other: number): string {
  return `${(row.figure === "p50Ms" ? other / value : value / other).toFixed(2)}×`;
}

function failureLines(results: Results): readonly string[] {
  return results.rows.flatMap(({ id, measurement: { jobs, failed, failure } }) =>
    failed === 0 ? [] : [`${id}: ${failed} of ${jobs + failed} jobs failed; the first: ${failure}`],
  );
}

/** Whether throughput falls as submitters grow. */
function flatnessLines(measured: ReadonlyMap<string, Measurement>): readonly string[] {
  const kinds = new Set(ROWS.map((row) => `${row.module}, ${row.executions}`));
  return Array.from(kinds).flatMap((kind) => {
    const steps = ROWS.flatMap((row) => {
      const measurement = measured.get(row.id);
      const same = `${row.module}, ${row.executions}` === kind && row.load.kind === "submitters";
      return same && measurement !== undefined ? [measurement.jobsPerSecond] : [];
    });
    if (steps.length < 2) return [];
    const falls = steps.some((step, index) => index > 0 && step < (steps[index - 1] ?? 0));
    const shown = steps.map((step) => step.toFixed(0)).join(" → ");
    return [`jobs/s as submitters grow (${kind} per job): ${shown}${falls ? " (falls)" : ""}`];
  });
}

function memoryLines(results: Results, baseline: Results | undefined): readonly string[] {
  const before = new Map(baseline?.memory.map(({ node, residentBytes }) => [node, residentBytes]));
  const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;
  const lines = results.memory.map(({ node, residentBytes }) => {
    const goal = `${(MEMORY_GOAL_BYTES / residentBytes).toFixed(2)}× to the goal`;
    const then = before.get(node);
    return `  ${node}: ${mebibytes(residentBytes)}, ${goal}${then === undefined ? "" : `, was ${mebibytes(then)}`}`;
  });
  return [`memory after ${results.jobs} jobs (goal: ${mebibytes(MEMORY_GOAL_BYTES)} a node)`, ...lines];
}
