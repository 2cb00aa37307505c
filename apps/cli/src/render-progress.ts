import { type JobProgress, STAGES } from "./job-progress.ts";

/** One plain line: what a job came to, with counts, such as `asked 5 · bids 3 · 1 declined`; empty at first. */
export function progressLine({ reached, ended }: JobProgress): string {
  const stages = STAGES.filter((stage) => reached[stage] > 0).map((stage) => `${stage} ${reached[stage]}`);
  const ends = Object.entries(ended)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`);
  return [...stages, ...ends].join(" · ");
}

/** A line for each stage, for a terminal that they are drawn on again and again. */
export function progressBlock(progress: JobProgress, done: boolean): readonly string[] {
  const { reached, ended } = progress;
  const width = Math.max(...STAGES.map((stage) => stage.length));
  const notes: Partial<Record<string, string>> = {
    asked: note(ended.declined, "declined"),
    running: [note(ended.failed, "failed"), note(ended.cancelled, "cancelled")].filter(Boolean).join(", "),
    proposals: note(ended.refuted, "refuted"),
  };
  const last = STAGES.findLastIndex((stage) => reached[stage] > 0);
  return STAGES.map((stage, index) => {
    const mark = reached[stage] === 0 ? " " : done || index < last ? "✓" : "▸";
    const extra = notes[stage] ? `  (${notes[stage]})` : "";
    return `${mark} ${stage.padEnd(width)}  ${reached[stage]}${extra}`;
  });
}

function note(count: number, what: string): string {
  return count === 0 ? "" : `${count} ${what}`;
}
