import type { JobProgress } from "./job-progress.ts";
import { progressBlock, progressLine } from "./render-progress.ts";
import type { Terminal } from "./terminal.ts";
import { wrapText } from "./wrap-text.ts";

/** Lines of a note that are shown: what is drawn anew has to fit a small terminal. */
const MAX_NOTE_LINES = 6;

/** Shows how far a job is, while it goes on. */
export interface LiveProgress {
  /** `note` is what the job says of itself, such as what it waits for. */
  show(progress: JobProgress, note: string): void;
  /** Shows the last of it for good. */
  end(): void;
}

/** A block that is drawn again on a terminal; elsewhere a plain line for each change. */
export function makeLiveProgress(terminal: Terminal): LiveProgress {
  return terminal.errIsTty ? makeBlock(terminal) : makeLines(terminal);
}

function makeBlock(terminal: Terminal): LiveProgress {
  let drawn = 0;
  let last: JobProgress | undefined;
  const draw = (lines: readonly string[]): void => {
    const up = drawn === 0 ? "" : `\u001b[${drawn}A\u001b[J`;
    const width = terminal.errColumns - 1;
    terminal.raw(`${up}${lines.map((line) => `${line.slice(0, width)}\n`).join("")}`);
    drawn = lines.length;
  };
  return {
    show(progress, note) {
      last = progress;
      const said = note === "" ? [] : wrapText(note, terminal.errColumns - 1).slice(0, MAX_NOTE_LINES);
      draw([...progressBlock(progress, false), ...said]);
    },
    end() {
      if (last !== undefined) draw(progressBlock(last, true));
    },
  };
}

function makeLines(terminal: Terminal): LiveProgress {
  let last = "";
  return {
    show(progress, note) {
      const line = [progressLine(progress), note].filter((part) => part !== "").join(" · ");
      if (line !== last && line !== "") terminal.err(line);
      last = line;
    },
    end: () => {},
  };
}
