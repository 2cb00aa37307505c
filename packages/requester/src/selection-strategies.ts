import { randomSelection } from "./random-selection.ts";
import { rankedSelection } from "./ranked-selection.ts";
import { reputationSelection } from "./reputation-selection.ts";
import type { SelectionStrategy } from "./selection-strategy.ts";

/** The strategies that a requester has where none are given, by type. */
export const DEFAULT_STRATEGIES: ReadonlyMap<string, SelectionStrategy> = new Map(
  [reputationSelection, rankedSelection, randomSelection].map((strategy) => [strategy.type, strategy]),
);
