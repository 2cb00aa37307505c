import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { MUTANTS } from "./mutants.ts";

/** What came of one mutant: the first rule that it broke, or nothing. */
interface Trial {
  readonly found: string | undefined;
  readonly broken: string | undefined;
}

function here(module: string): string {
  return fileURLToPath(new URL(module, import.meta.url));
}

async function tryMutant(index: number): Promise<Trial> {
  const seeds = String(MUTANTS[index]?.seeds ?? 1);
  const child = spawn(
    process.execPath,
    [
      "--import",
      new URL("mutant-hook.js", import.meta.url).href,
      here("main.js"),
      "--seeds",
      seeds,
      "--until-fail",
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

let survivors = 0;
for (const [index, { name }] of MUTANTS.entries()) {
  const { found, broken } = await tryMutant(index);
  const verdict = broken ?? found?.trim().slice(0, 160) ?? "SURVIVED: no seed fails";
  if (broken !== undefined || found === undefined) survivors += 1;
  process.stdout.write(`${found === undefined ? "✗" : "✓"} ${name}\n    ${verdict}\n`);
}
process.stdout.write(
  `${MUTANTS.length} mutants, ${MUTANTS.length - survivors} found, ${survivors} survived\n`,
);
process.exitCode = survivors === 0 ? 0 : 1;
