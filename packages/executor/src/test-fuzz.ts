import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { remainsOf, rewrittenRemains } from "./test-compare.ts";
import { generateModule } from "./test-generate-module.ts";
import { endingOf, mutant, type MutantEnding } from "./test-mutate.ts";

/** V8 flags of the tiers that a guest may run in: the baseline one, the optimising one, and from one to the other. */
export const TIERS = [["--liftoff-only"], ["--no-liftoff"], ["--wasm-tiering-budget=300"]] as const;

const BUILT = ["probe"];
const GENERATED = 60;

/** Modules that are mutated: those of this package's tests, and generated ones. */
export function mutationCorpus(): readonly Uint8Array[] {
  const built = BUILT.map((name) => {
    return new Uint8Array(readFileSync(new URL(`../testdata/${name}.wasm`, import.meta.url)));
  });
  const small = Array.from({ length: GENERATED }, (_, seed) => generateModule(seed, { tight: false }));
  return [...built, ...small];
}

/** What rewritten modules `from` to `to` leave in a process of their own, run with `flags`. */
export function remainsInTier(flags: readonly string[], from: number, to: number): string {
  const script = fileURLToPath(import.meta.url);
  const args = [...flags, script, "remains", String(from), String(to)];
  return execFileSync(process.execPath, args, { encoding: "utf8", maxBuffer: 2 ** 30, env: {} });
}

/** Seeds of tight modules that leave something else when they are rewritten. */
export function differences(from: number, to: number): readonly number[] {
  return range(from, to).filter((seed) => {
    const plain = remainsOf(generateModule(seed, { tight: true }));
    return plain.digest !== rewrittenRemains(seed, true).digest;
  });
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

function printRemains(from: number, to: number): void {
  for (const seed of range(from, to)) {
    const { digest, fuelUsed } = rewrittenRemains(seed, false);
    process.stdout.write(`${seed} ${digest} ${fuelUsed}\n`);
  }
}

/** `node src/test-fuzz.ts [MODULES] [MUTANTS] [FIRST SEED]`, for hours if need be; exits with 1 when it finds something. */
function fuzz(modules: number, mutants: number, first: number): void {
  const print = (line: string): boolean => process.stdout.write(`${line}\n`);
  const last = first + modules;
  const differing = differences(first, last);
  print(
    `${modules} modules as they are and rewritten: ${differing.length} differ ${differing.slice(0, 20).join(" ")}`,
  );
  const [one, ...others] = TIERS.map((flags) => remainsInTier(flags, first, last));
  const unlike = others.filter((other) => other !== one).length;
  print(
    `${modules} rewritten modules in ${TIERS.length} tiers: ${unlike} tiers leave other bytes or fuel than the first`,
  );
  const corpus = mutationCorpus();
  const endings: Record<MutantEnding, number> = { refused: 0, invalid: 0, rewritten: 0 };
  let slowestMs = 0;
  let failed = 0;
  for (const seed of range(first, first + mutants)) {
    const started = performance.now();
    try {
      endings[endingOf(mutant(corpus, seed))] += 1;
    } catch (error) {
      failed += 1;
      print(`mutant ${seed}: ${String(error)}`);
    }
    slowestMs = Math.max(slowestMs, performance.now() - started);
  }
  print(`${mutants} mutants: ${JSON.stringify({ ...endings, failed, slowestMs: Math.round(slowestMs) })}`);
  if (differing.length + unlike + failed > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [mode, ...rest] = process.argv.slice(2);
  if (mode === "remains") printRemains(Number(rest[0]), Number(rest[1]));
  else fuzz(Number(mode ?? 1_000), Number(rest[0] ?? 10_000), Number(rest[1] ?? 0));
}
