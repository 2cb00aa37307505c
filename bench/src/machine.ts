import { readdir, readFile } from "node:fs/promises";
import { cpus, loadavg, totalmem } from "node:os";

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly platform: string;
  /** Processes that wanted a core in the last minute: what else the machine was doing. */
  readonly load: number;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    load: loadavg()[0] ?? 0,
  };
}

/** Bytes of physical memory that `pid` and every process below it hold. Linux only. */
export async function residentBytes(pid: number): Promise<number> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const statuses = await Promise.all(pids.map((name) => readStatus(name)));
  const family = new Set([pid]);
  // A parent may have a greater id than its child: go round until nobody is added.
  for (let before = 0; before < family.size; ) {
    before = family.size;
    for (const status of statuses) if (family.has(status.parent)) family.add(status.pid);
  }
  return statuses
    .filter((status) => family.has(status.pid))
    .reduce((sum, status) => sum + status.residentBytes, 0);
}

interface ProcessStatus {
  readonly pid: number;
  readonly parent: number;
  readonly residentBytes: number;
}

async function readStatus(pid: string): Promise<ProcessStatus> {
  // A process that has ended meanwhile holds nothing.
  const text = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
  return { pid: Number(pid), parent: field("PPid"), residentBytes: field("VmRSS") * 1024 };
}
