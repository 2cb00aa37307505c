/** Chooses one of `items`, the same for the same seed and number of choices before. */
export type Choose = <T>(items: readonly T[]) => T;

/** What a run's choices come from: `GADUS_FAULTS_SEED`, or a new one. */
export function faultSeed(env: NodeJS.ProcessEnv = process.env): number {
  return Number(env.GADUS_FAULTS_SEED ?? Math.floor(Math.random() * 2 ** 31));
}

/** Choices from `seed`, by the generator "mulberry32". */
export function seededChoice(seed: number): Choose {
  let state = seed | 0;
  return (items) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    const chosen = items[((mixed ^ (mixed >>> 14)) >>> 0) % items.length];
    if (chosen === undefined) throw new Error("there is nothing to choose from");
    return chosen;
  };
}
