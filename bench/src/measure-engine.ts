import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { CallOptions } from "@gadus/protocol";
import type { MemoryOfJobs } from "./memory-process.ts";
import type { StartsMeasurement } from "./starts-process.ts";

/** Measures how long runs take that do nothing, in a process of its own; of each kind `cold` or `warm` many. */
export async function measureStarts(
  { cold, warm }: { readonly cold: number; readonly warm: number },
  options: CallOptions,
): Promise<StartsMeasurement> {
  return JSON.parse(await runScript("starts-process", [cold, warm], options)) as StartsMeasurement;
}

/** Measures what each of these numbers of jobs takes of memory while they run at once, one after the other. */
export async function measureMemory(
  numbers: readonly number[],
  options: CallOptions,
): Promise<readonly MemoryOfJobs[]> {
  const found: MemoryOfJobs[] = [];
  for (const jobs of numbers) {
    found.push(JSON.parse(await runScript("memory-process", [jobs], options)) as MemoryOfJobs);
  }
  return found;
}

async function runScript(name: string, args: readonly number[], { signal }: CallOptions): Promise<string> {
  const script = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const command = [script, ...args.map(String)];
  const { stdout } = await promisify(execFile)(process.execPath, command, { signal });
  return stdout;
}
