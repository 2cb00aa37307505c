/** Who is drawn: `draws` of `population` nodes, of which `marked` lie. */
export interface Draw {
  readonly population: number;
  readonly marked: number;
  readonly draws: number;
}

/** P[at least `least` of the drawn are marked], drawn without putting back. */
export function atLeastMarked({ population, marked, draws }: Draw, least: number): number {
  let sum = 0;
  for (let hits = least; hits <= Math.min(draws, marked); hits += 1) {
    sum += choose(marked, hits) * choose(population - marked, draws - hits);
  }
  return sum / choose(population, draws);
}

/** P[X ≥ `hits`] of `trials` independent throws that each hit in `share`. */
export function atLeastHits(trials: number, share: number, hits: number): number {
  if (hits <= 0) return 1;
  let log = trials * Math.log1p(-share);
  let tail = 0;
  for (let count = 1; count <= trials; count += 1) {
    log += Math.log((trials - count + 1) / count) + Math.log(share) - Math.log1p(-share);
    if (count >= hits) tail += Math.exp(log);
  }
  return Math.min(1, tail);
}

function choose(from: number, count: number): number {
  if (count < 0 || count > from) return 0;
  let ways = 1;
  for (let at = 1; at <= count; at += 1) ways = (ways * (from - count + at)) / at;
  return ways;
}
