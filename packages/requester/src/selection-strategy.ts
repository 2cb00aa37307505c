import type { ComputeOffer } from "@gadus/protocol";
import type { Reputation } from "./reputation.ts";

/** What is known of one node among which to choose. */
export interface Choice {
  readonly nodeId: string;
  /** Asks in a row that it let pass without an answer. */
  readonly unanswered: number;
  /** What this requester saw of it, as of now; undefined where that is nothing. */
  readonly reputation: Reputation | undefined;
  /** What it says of itself; undefined of a job whose results are compared: a liar would say what gets it chosen. */
  readonly offer: ComputeOffer | undefined;
  /**
   * Whether it could begin at once, by what it says and what this requester has placed there since; undefined where
   * `offer` is.
   */
  readonly isFree: boolean | undefined;
}

/** What a choice is made for. */
export interface ChoiceContext {
  /** Whether results of the job are compared, so that a liar gains by being chosen. */
  readonly compares: boolean;
  /** From 0 to below 1, drawn for this partition from a seed that only the requester knows. */
  readonly chance: number;
}

/** Orders the nodes that can run a job: those to ask, and those that bid. Pure. */
export interface SelectionStrategy {
  /** What a job's `Deal.Selection` calls it. */
  readonly type: string;
  /** Negative puts `a` before `b`; where it is 0, the seed decides, so that nobody can foresee who is chosen. */
  compare(a: Choice, b: Choice, context: ChoiceContext): number;
}

/** Puts nodes that say they can begin at once before those that would queue; 0 where nothing is known of that. */
export function freeFirst({ isFree: a }: Choice, { isFree: b }: Choice): number {
  return Number(a === false) - Number(b === false);
}
