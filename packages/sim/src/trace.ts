import type { VirtualTime } from "./virtual-time.ts";

/** What happened, line by line. */
export interface Trace {
  /** `line` is only called where somebody reads it. */
  note(who: string, line: () => string): void;
  readonly lines: readonly string[];
}

export function createTrace(time: VirtualTime, enabled: boolean): Trace {
  const lines: string[] = [];
  return {
    lines,
    note(who, line) {
      if (enabled)
        lines.push(`${(time.nowMs() / 1000).toFixed(4).padStart(10)}  ${who.padEnd(4)}  ${line()}`);
    },
  };
}
