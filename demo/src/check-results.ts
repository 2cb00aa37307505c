import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { analyseFlights, type Flight } from "./analysis.ts";
import { TABLE_PATH } from "./flight-delays-job.ts";

/** What was downloaded, and what is wrong with it, in words. */
export interface CheckedResults {
  readonly table: string;
  readonly summary: string;
  readonly faults: readonly string[];
}

/** Compares the results in `folder` with the same analysis of `flights`, done here and now in plain TypeScript. */
export async function checkResults(folder: string, flights: readonly Flight[]): Promise<CheckedResults> {
  const expected = analyseFlights(flights);
  const wanted = { stdout: expected.summary, stderr: "", exitCode: "0", [TABLE_PATH]: expected.table };
  const found: Record<string, string> = {};
  const faults: string[] = [];
  for (const [path, content] of Object.entries(wanted)) {
    const text = await readFile(join(folder, path), "utf8").catch(() => undefined);
    if (text === undefined) faults.push(`the result has no ${path}`);
    else if (text !== content) {
      faults.push(`${path} of the result differs from the analysis done in TypeScript`);
    }
    found[path] = text ?? "";
  }
  return { table: found[TABLE_PATH] ?? "", summary: found["stdout"] ?? "", faults };
}
