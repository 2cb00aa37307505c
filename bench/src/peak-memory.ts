import { readFile, writeFile } from "node:fs/promises";
import { familyOf, kibibytes } from "./process-family.ts";

/** The most physical memory that processes held at one time, each by itself. */
export interface PeakMemory {
  /** The node's own. */
  readonly nodeBytes: number;
  /** The largest of the processes below it: what its engines run in. */
  readonly engineBytes: number;
}

/** Has the kernel forget the peaks of `pid` and the processes below it. Linux only. */
export async function resetPeaks(pid: number): Promise<void> {
  for (const member of await familyOf(pid))
    await writeFile(`/proc/${member}/clear_refs`, "5").catch(() => {});
}

/** The peaks of `pid` and the processes below it since {@link resetPeaks}. */
export async function peaksOf(pid: number): Promise<PeakMemory> {
  const peakOf = async (member: number): Promise<number> =>
    kibibytes(await readFile(`/proc/${member}/status`, "utf8").catch(() => ""), "VmHWM");
  const below = (await familyOf(pid)).filter((member) => member !== pid);
  return {
    nodeBytes: await peakOf(pid),
    engineBytes: Math.max(0, ...(await Promise.all(below.map(peakOf)))),
  };
}
