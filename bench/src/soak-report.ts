import type { SoakMemory, SoakReport } from "./run-soak.ts";

const MIB = 1024 ** 2;
/** What a node may hold more in the last tenth than in the third one, when code and caches are warm. */
const GROWTH_BYTES = 64 * MIB;
const WARM_TENTH = 2;

/** Nodes whose memory was not flat. */
export function grownNodes(memory: readonly SoakMemory[]): readonly SoakMemory[] {
  return memory.filter(({ bytes }) => (bytes.at(-1) ?? 0) - (bytes[WARM_TENTH] ?? 0) > GROWTH_BYTES);
}

/** The report as lines of text. */
export function renderSoak(report: SoakReport): readonly string[] {
  const { clients, minutes, submitted, ends, lost, acts, wrong, memory } = report;
  const count = (number: number): string => String(number).padStart(7);
  const listed = Array.from(ends.values()).reduce((sum, number) => sum + number, 0);
  return [
    `${clients} clients, ${minutes} minutes: ${submitted} jobs submitted, ${lost.length} lost; ${listed} listed`,
    ...Array.from(ends, ([end, number]) => `${count(number)}  ${end}`),
    "what clients did",
    ...Array.from(acts)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([act, number]) => `${count(number)}  ${act}`),
    "resident memory, MiB, in each tenth of the time",
    ...memory.map(({ node, bytes }) =>
      [...bytes.map((each) => (each / MIB).toFixed(0).padStart(5)), `  ${node}`].join(""),
    ),
    ...lost.slice(0, 20).map((jobId) => `lost: ${jobId}`),
    ...wrong.map((each) => `wrong: ${each}`),
  ];
}
