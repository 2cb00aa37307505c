import { parseArgs } from "node:util";
import { describeMachine } from "./machine.ts";
import type { BenchOptions } from "./print-benchmarks.ts";
import { runCommand } from "./run-command.ts";

/** How long such a benchmark may take. */
const TIMEOUT_MS = 1_800_000;

/** Runs a benchmark that has these two options and no others; `print` answers whether it met its goal. */
export async function benchCommand(
  usage: string,
  print: (options: BenchOptions) => Promise<boolean>,
): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      "save-baseline": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { quick, "save-baseline": saveBaseline, help } = values;
  await runCommand(TIMEOUT_MS, async (signal) => {
    if (!help) return await print({ quick, saveBaseline, machine: describeMachine(), signal });
    console.log(usage);
    return true;
  });
}
