import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { MUTANTS } from "./mutants.ts";
import { KINDS } from "./scenario.ts";

/** What came of one mutant: the first rule that it broke, or nothing. */
interface Trial {
  readonly found: string | undefined;
  readonly broken: string | undefined;
}

/** No seed takes so long unless it hangs. */
const HANG_S = 20;

function here(module: string): string {
  return fileURLToPath(new URL(module, import.meta.url));
}

async function tryMutant(index: number): Promise<Trial> {
  const { seeds = 1, first = 1, kind = KINDS.join(",") } = MUTANTS[index] ?? {};
  const child = spawn(
    process.execPath,
    [
      "--import",
      new URL("mutant-hook.js", import.meta.url).href,
      here("main.js"),
      "--seeds",
      String(seeds),
      "--from",
      String(first),
      "--kinds",
      kind,
      "--workers",
      "1",
      "--until-fail",
      "--hang",
      String(HANG_S),
    ],
    { env: { ...process.env, GADUS_SIM_MUTANT: String(index) }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once("close", resolve);
  });
  const found = out.split("\n").find((line) => line.includes(" FAILED: ") || line.includes(": BROKEN"));
  const isWhole = /seeds, \d+ jobs, \d+ passed, \d+ failed\s*$/.test(out);
  return { found, broken: isWhole ? undefined : `it ended with ${code}: ${err.trim().slice(-600)}` };
}

const only = process.argv[2] ?? "";
const left = [...MUTANTS.entries()].filter(([, { name }]) => name.includes(only));
const tried = left.length;
let survivors = 0;

async function tryOneByOne(): Promise<void> {
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    const [index, { name }] = next;
    const begunMs = performance.now();
    const { found, broken } = await tryMutant(index);
    const verdict = broken ?? found?.trim().slice(0, 160) ?? "SURVIVED: no seed fails";
    if (broken !== undefined || found === undefined) survivors += 1;
    const took = ((performance.now() - begunMs) / 1000).toFixed(1);
    process.stdout.write(`${found === undefined ? "✗" : "✓"} ${name} (${took} s)\n    ${verdict}\n`);
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, tryOneByOne));
process.stdout.write(`${tried} mutants, ${tried - survivors} found, ${survivors} survived\n`);
process.exitCode = survivors === 0 ? 0 : 1;
