import { atLeastHits, atLeastMarked } from "./hypergeometric.ts";
import { ODDS, type Odds, type Scenario } from "./scenario.ts";
import type { Tally } from "./judge-end.ts";

/** How many verdicts were reached under one deal, and how many accepted a wrong result. */
export interface OddsRow {
  readonly odds: Odds;
  readonly judged: number;
  readonly wrong: number;
  /** The share of wrong ones that chance alone allows. */
  readonly bound: number;
  /** How likely so many, or more, are where the share is exactly the bound. */
  readonly likelihood: number;
}

/** So unlikely that it isn't chance: 99.9 % confidence. */
export const UNLIKELY = 0.001;

/** Counts wrong verdicts of the scenarios that are about odds. */
export class OddsBook {
  readonly #counts = ODDS.map(() => ({ judged: 0, wrong: 0 }));

  /** Takes a seed's tally; those of other scenarios don't count. */
  add(scenario: Pick<Scenario, "kind" | "computes" | "jobs">, { wrong }: Pick<Tally, "wrong">): void {
    const counts = scenario.kind === "odds" ? this.#counts[oddsOf(scenario)] : undefined;
    if (counts === undefined) return;
    // Jobs that found no verdict accepted nothing wrong: they count among the tries.
    counts.judged += scenario.jobs.length;
    counts.wrong += wrong;
  }

  rows(): readonly OddsRow[] {
    return ODDS.map((odds, index) => {
      const { judged, wrong } = this.#counts[index] ?? { judged: 0, wrong: 0 };
      const { nodes, liars, concurrency, confidence } = odds;
      const bound = atLeastMarked({ population: nodes, marked: liars, draws: concurrency }, confidence);
      return { odds, judged, wrong, bound, likelihood: atLeastHits(judged, bound, wrong) };
    });
  }
}

function oddsOf({ computes, jobs }: Pick<Scenario, "computes" | "jobs">): number {
  return ODDS.findIndex(
    ({ nodes, concurrency }) => nodes === computes.length && concurrency === jobs[0]?.concurrency,
  );
}
