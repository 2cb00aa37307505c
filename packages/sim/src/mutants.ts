import { COMPUTE_MUTANTS } from "./compute-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { REQUESTER_MUTANTS } from "./requester-mutants.ts";

/** What mistakes in the code would look like; a bug that the simulator found stays here with its mending taken away. */
export const MUTANTS: readonly Mutant[] = [...REQUESTER_MUTANTS, ...COMPUTE_MUTANTS];
