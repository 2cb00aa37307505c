import { readFileSync } from "node:fs";

const KIB = 1024;

/** The processes that process `pid` started, and those that they did. */
export function childrenOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .split(" ")
    .filter(Boolean)
    .map(Number);
  return children.flatMap((child) => [child, ...childrenOf(child)]);
}

/** What process `pid` and its children hold in memory. */
export function residentBytes(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, each) => {
    const [, kib = "0"] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${each}/status`, "utf8")) ?? [];
    return sum + Number(kib) * KIB;
  }, 0);
}

/** How process `pid` was started. */
export function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
}
