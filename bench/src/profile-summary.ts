import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const SHOWN_FUNCTIONS = 10;

/** A profile as V8 writes it, as far as it is read here (Chrome DevTools Protocol, `Profiler.Profile`). */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds. */
  readonly timeDeltas: readonly number[];
}

/** The functions that took most time themselves, for each profile in `folder`; `names` are those of processes. */
export async function summariseProfiles(
  folder: string,
  names: ReadonlyMap<number, string>,
): Promise<readonly string[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".cpuprofile")).sort();
  const lines: string[] = [];
  for (const file of files) {
    // CPU.<day>.<time>.<process>.<thread>.<number>.cpuprofile
    const [, , , pid, thread] = file.split(".");
    const profile = JSON.parse(await readFile(join(folder, file), "utf8")) as CpuProfile;
    const name = names.get(Number(pid)) ?? `process ${pid}`;
    lines.push(`${name}${thread === "0" ? "" : `, thread ${thread}`} (${file})`, ...topFunctions(profile));
  }
  return lines;
}

/** Lines such as `  12.3 %  parse (codec.js:40)`, of the time in which the process was not idle. */
export function topFunctions(profile: CpuProfile): readonly string[] {
  const frames = new Map(profile.nodes.map((node) => [node.id, describeFrame(node.callFrame)]));
  const selfMicros = new Map<string, number>();
  for (const [index, id] of profile.samples.entries()) {
    const frame = frames.get(id) ?? "?";
    selfMicros.set(frame, (selfMicros.get(frame) ?? 0) + (profile.timeDeltas[index] ?? 0));
  }
  selfMicros.delete("(idle)");
  const total = Array.from(selfMicros.values()).reduce((sum, micros) => sum + micros, 0);
  return Array.from(selfMicros)
    .sort((a, b) => b[1] - a[1])
    .slice(0, SHOWN_FUNCTIONS)
    .map(([frame, micros]) => `  ${((100 * micros) / total).toFixed(1).padStart(4)} %  ${frame}`);
}

function describeFrame(frame: CpuProfile["nodes"][number]["callFrame"]): string {
  const name = frame.functionName === "" ? "(anonymous)" : frame.functionName;
  if (frame.url === "") return name;
  return `${name} (${frame.url.split("/").slice(-2).join("/")}:${frame.lineNumber + 1})`;
}
