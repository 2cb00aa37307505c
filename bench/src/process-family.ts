import { readdir, readFile } from "node:fs/promises";

/** What a process and every process below it hold and have used. Linux only. */
export interface FamilyUse {
  /** Of physical memory. Pages of files, programs among them, count once: they are mostly the same. */
  readonly residentBytes: number;
  /** With what processes share, these or others, in equal parts among all that share it. */
  readonly proportionalBytes: number;
  /** User and system, with that of children that have ended. */
  readonly cpuMs: number;
}

/** What the processes below `pid` and itself use now; a process that has ended meanwhile uses nothing. */
export async function familyUse(pid: number): Promise<FamilyUse> {
  const members = await familyOf(pid);
  const uses = await Promise.all(
    members.map(async (member) => {
      const [status, rollup, stat] = await Promise.all([
        readProcess(member, "status"),
        readProcess(member, "smaps_rollup"),
        readProcess(member, "stat"),
      ]);
      return {
        ownBytes: kibibytes(status, "RssAnon") + kibibytes(status, "RssShmem"),
        fileBytes: kibibytes(status, "RssFile"),
        proportionalBytes: kibibytes(rollup, "Pss"),
        cpuMs: cpuMsOf(stat),
      };
    }),
  );
  const sum = (of: keyof (typeof uses)[number]): number => uses.reduce((total, use) => total + use[of], 0);
  return {
    residentBytes: sum("ownBytes") + Math.max(0, ...uses.map(({ fileBytes }) => fileBytes)),
    proportionalBytes: sum("proportionalBytes"),
    cpuMs: sum("cpuMs"),
  };
}

/** Bytes of physical memory that `pid` and every process below it hold. Linux only. */
export async function residentBytes(pid: number): Promise<number> {
  return (await familyUse(pid)).residentBytes;
}

/** Of the kernel's clock that it counts CPU by, on every machine. */
const TICK_MS = 10;
/** Columns of `/proc/PID/stat` behind the name: user, system, and the same of children that were waited for. */
const CPU_COLUMNS = [11, 12, 13, 14];

/** `pid` and every process below it. Linux only. */
export async function familyOf(pid: number): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(pids.map(async (each) => [each, await parentOf(each)] as const));
  const family = new Set([pid]);
  // A parent may have a greater id than its child: go round until nobody is added.
  for (let before = 0; before < family.size; ) {
    before = family.size;
    for (const [each, parent] of parents) if (family.has(parent)) family.add(each);
  }
  return [...family];
}

async function parentOf(pid: number): Promise<number> {
  return Number(/^PPid:\s+(\d+)/m.exec(await readProcess(pid, "status"))?.[1] ?? 0);
}

/** What a line of `/proc/PID/status` says, in bytes; 0 where it says nothing. */
export function kibibytes(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0) * 1024;
}

function cpuMsOf(stat: string): number {
  const columns = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return CPU_COLUMNS.reduce((sum, column) => sum + Number(columns[column] ?? 0), 0) * TICK_MS;
}

function readProcess(pid: number, file: string): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
}
