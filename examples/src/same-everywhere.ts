// Runs each example and conformance program in every tier of the engine, many times, and fails where one of them
// doesn't end well, with the same results and the same fuel, each time: `node examples/src/same-everywhere.ts [rounds]`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileAssembly } from "./compile-assembly.ts";
import {
  ASSEMBLY_EXAMPLES,
  C_EXAMPLES,
  CONFORMANCE_FOLDER,
  conformancePrograms,
  conformanceWish,
} from "./programs.ts";
import type { Endings, Rounds } from "./run-rounds.ts";
import { TIERS } from "./tiers.ts";

const DEFAULT_ROUNDS = 10;

const rounds = Number(process.argv[2] ?? DEFAULT_ROUNDS);
const scratch = mkdtempSync(join(tmpdir(), "gadus-same-"));
try {
  const programs = await findPrograms(scratch);
  const seen = new Map<string, Map<string, string[]>>(programs.map(({ name }) => [name, new Map()]));
  for (const [index, [tier, flags]] of Object.entries(TIERS).entries()) {
    const endings = runTier({ seed: index + 1, rounds, flags, programs });
    for (const [name, found] of Object.entries(endings)) {
      for (const ending of found) {
        const tiers = seen.get(name)?.get(ending) ?? [];
        seen.get(name)?.set(ending, [...tiers, tier]);
      }
    }
  }
  report(seen);
} finally {
  rmSync(scratch, { recursive: true });
}

async function findPrograms(folder: string): Promise<Rounds["programs"]> {
  const pathOf = (url: URL): string => fileURLToPath(url);
  const assembly = Object.entries(ASSEMBLY_EXAMPLES).map(async ([name, wish]) => {
    const file = join(folder, `${name}.wasm`);
    writeFileSync(file, await compileAssembly(name));
    return { name: `examples/assembly/${name}`, file, wish };
  });
  return [
    ...Object.entries(C_EXAMPLES).map(([name, wish]) => {
      return {
        name: `examples/c/${name}`,
        file: pathOf(new URL(`../c/${name}.wasm`, import.meta.url)),
        wish,
      };
    }),
    ...(await Promise.all(assembly)),
    ...conformancePrograms().map((name) => {
      const file = pathOf(new URL(`${name}.wasm`, CONFORMANCE_FOLDER));
      return { name: `conformance/${name}`, file, wish: conformanceWish(name) };
    }),
  ];
}

function runTier(told: Rounds): Endings {
  const script = fileURLToPath(new URL("run-rounds.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    input: JSON.stringify(told),
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`Cannot run with ${told.flags.join(" ") || "no flags"}: ${stderr}`);
  return JSON.parse(stdout) as Endings;
}

function report(seen: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>): void {
  const runs = rounds * Object.keys(TIERS).length;
  for (const [name, endings] of seen) {
    if (endings.size === 1) continue;
    process.exitCode = 1;
    console.log(`✗ ${name} ended in ${endings.size} ways:`);
    for (const [ending, tiers] of endings) console.log(`    ${tiers.join(", ")}: ${ending}`);
  }
  const alike = [...seen.values()].filter((endings) => endings.size === 1).length;
  console.log(
    `${alike} of ${seen.size} programs ended alike in each of ${runs} runs (${Object.keys(TIERS).join(", ")})`,
  );
}
