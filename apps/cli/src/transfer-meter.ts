import type { DownloadProgress } from "@gadus/client/download";
import { formatSize } from "./format-size.ts";
import type { Terminal } from "./terminal.ts";

/** How often the line is drawn again. */
const DRAW_MS = 100;
/** What takes less is not worth a line. */
const QUIET_MS = 1000;

/** Shows how far a download or an upload is, while it goes on. */
export interface TransferMeter {
  readonly show: (progress: DownloadProgress) => void;
  /** Removes what is shown. */
  end(): void;
}

interface MeterOptions {
  readonly silent: boolean;
  readonly nowMs: () => number;
}

/** A line that is drawn again, on a terminal alone, once it has taken a second. */
export function makeTransferMeter(
  terminal: Pick<Terminal, "errIsTty" | "errColumns" | "raw">,
  { silent, nowMs }: MeterOptions,
): TransferMeter {
  if (silent || !terminal.errIsTty) return { show: () => {}, end: () => {} };
  const startMs = nowMs();
  let drawnMs = startMs + QUIET_MS - DRAW_MS;
  let drawn = false;
  return {
    show(progress) {
      const now = nowMs();
      if (now - drawnMs < DRAW_MS) return;
      drawnMs = now;
      drawn = true;
      terminal.raw(`\r${meterLine(progress, now - startMs).slice(0, terminal.errColumns - 1)}\u001b[K`);
    },
    end() {
      if (drawn) terminal.raw("\r\u001b[K");
    },
  };
}

/** Such as `12 MiB of 64 MiB (18%) · 8 MiB/s`. */
export function meterLine(
  { haveBytes, totalBytes, resumedBytes }: DownloadProgress,
  passedMs: number,
): string {
  const rate = Math.max(0, haveBytes - resumedBytes) / (Math.max(passedMs, 1) / 1000);
  const have = Math.min(haveBytes, totalBytes || haveBytes);
  const share =
    totalBytes > 0 ? ` of ${formatSize(totalBytes)} (${Math.floor((100 * have) / totalBytes)}%)` : "";
  const resumed = resumedBytes > 0 ? ` · ${formatSize(resumedBytes)} were there` : "";
  return `${formatSize(have)}${share} · ${formatSize(rate)}/s${resumed}`;
}
