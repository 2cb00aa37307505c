import { renderTable } from "@gadus/cli/table";
import { machineLines } from "./machine.ts";
import { bytesOf, readsOf } from "./read-plan.ts";
import type { StreamMeasurement, StreamResults } from "./stream-benchmark.ts";
import { INPUT_GIB } from "./stream-rows.ts";

const MIB = 1024 ** 2;
/** What each process may hold at most. */
const MEMORY_GOAL_BYTES = 256 * MIB;
const COLUMNS = [
  "",
  "read",
  "s",
  "MB/s",
  "µs a read",
  "to readSync",
  "node MiB",
  "engine MiB",
  "fetched",
  "to baseline",
];

/** The results as lines of text; where the baseline read as much, beside how long that took. */
export function renderStreams(
  results: StreamResults,
  baseline: StreamResults | undefined,
): readonly string[] {
  const { cid, distinctBytes, blocks } = results.content;
  return [
    ...machineLines(results),
    ...renderTable(
      COLUMNS.map((title) => ({ title })),
      results.measurements.map((measurement) => [...cellsOf(measurement), toBaseline(measurement, baseline)]),
      Number.POSITIVE_INFINITY,
    ),
    "",
    `Inputs have ${INPUT_GIB} GiB. The local file is sparse: its pages are zeros that no disk is asked for, for fs.readSync too.`,
    `The CID ${cid} is made of the same ${distinctBytes / MIB} MiB again and again, in ${blocks.length} blocks.`,
    "Seconds are from a job's submission to its end. Memory is the peak of each process, of which the goal is",
    `${MEMORY_GOAL_BYTES / MIB} MiB. A ratio is that of speed: 0.5 is half as fast as fs.readSync of the local file.`,
    ...overGoal(results).map(({ row }) => `OVER THE GOAL: ${row.id}`),
  ];
}

function toBaseline({ row, seconds }: StreamMeasurement, baseline: StreamResults | undefined): string {
  const before = baseline?.measurements.find((other) => other.row.id === row.id);
  if (before === undefined || bytesOf(before.row.plan) !== bytesOf(row.plan)) return "";
  return `${(before.seconds / seconds).toFixed(2)}×`;
}

/** The rows that took more memory than they may. */
export function overGoal({ measurements }: StreamResults): readonly StreamMeasurement[] {
  return measurements.filter(({ peak }) => Math.max(peak.nodeBytes, peak.engineBytes) > MEMORY_GOAL_BYTES);
}

function cellsOf({
  row,
  seconds,
  directSeconds,
  peak,
  blocks,
  requests,
}: StreamMeasurement): readonly string[] {
  const bytes = bytesOf(row.plan);
  const fetched = blocks === undefined ? (requests === 0 ? "" : `${requests} requests`) : `${blocks} blocks`;
  return [
    row.id,
    bytes >= MIB ? `${(bytes / MIB).toFixed(0)} MiB` : `${(bytes / 1024).toFixed(0)} KiB`,
    seconds.toFixed(2),
    bytes >= MIB ? (bytes / seconds / 1e6).toFixed(0) : "",
    row.plan.kind === "anywhere" ? ((seconds * 1e6) / readsOf(row.plan)).toFixed(0) : "",
    bytes === 0 ? "" : (directSeconds / seconds).toFixed(3),
    (peak.nodeBytes / MIB).toFixed(0),
    (peak.engineBytes / MIB).toFixed(0),
    fetched,
  ];
}
