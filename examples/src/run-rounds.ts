import { readFileSync } from "node:fs";
import { wasmExecutor } from "@gadus/executor/wasm";
import { type ProgramWish, runProgram, type Shuffle } from "./run-program.ts";

/** What {@link runRounds} is told, through the process's input. */
export interface Rounds {
  readonly seed: number;
  readonly rounds: number;
  /** Of V8, where programs are run. */
  readonly flags: readonly string[];
  readonly programs: readonly { readonly name: string; readonly file: string; readonly wish: ProgramWish }[];
}

/** Every ending that each program had, as text; one is as it should be. */
export type Endings = Readonly<Record<string, readonly string[]>>;

/** Runs every program in each round, programs and inputs in another order each time. */
async function runRounds({ seed, rounds, flags, programs }: Rounds): Promise<Endings> {
  const shuffle = shuffledBy(seed);
  const executor = wasmExecutor({ limits: { workers: 2 }, v8Flags: flags });
  const endings = new Map(programs.map(({ name }) => [name, new Set<string>()]));
  await executor.start();
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, file, wish } of shuffle(programs)) {
      const { exitCode, digest, usage } = await runProgram(executor, readFileSync(file), wish, shuffle);
      const wanted = wish.exitCode ?? 0;
      if (exitCode !== wanted) throw new Error(`${name} ended with ${exitCode}, and not with ${wanted}`);
      endings.get(name)?.add(JSON.stringify({ digest, ...usage }));
    }
  }
  await executor.stop();
  return Object.fromEntries([...endings].map(([name, found]) => [name, [...found]]));
}

/** A Lehmer generator (modulus 2^31 - 1, multiplier 48271) chooses the order. */
function shuffledBy(seed: number): Shuffle {
  let state = seed;
  const below = (limit: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
  return (things) => {
    const left = [...things];
    return things.map(() => left.splice(below(left.length), 1)[0] as (typeof things)[number]);
  };
}

const told = JSON.parse(readFileSync(0, "utf8")) as Rounds;
process.stdout.write(JSON.stringify(await runRounds(told)));
