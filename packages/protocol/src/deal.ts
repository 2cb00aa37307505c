import { invalidField } from "./document-field.ts";
import type { ProtocolError } from "./protocol-error.ts";

/** How many nodes run each partition of a job, and how many must agree. */
export interface Deal {
  /** Executions a partition. */
  readonly concurrency: number;
  /** Bids to have before any is accepted. */
  readonly minBids: number;
  /** Equal results that make a verdict; absent: more than half of all proposals judged. */
  readonly confidence?: number;
  /** How the requester chooses among nodes that can run it: the type of one of its selection strategies. */
  readonly selection: string;
}

const MAX_CONCURRENCY = 100;
const MAX_MIN_BIDS = 1000;
const DEFAULT_SELECTION = "reputation";

/** What a deal is made from; what is absent is filled in. */
export interface DealWish {
  readonly concurrency?: number | undefined;
  readonly minBids?: number | undefined;
  readonly confidence?: number | undefined;
  readonly selection?: string | undefined;
}

/**
 * A deal from what was asked for: absent `Concurrency` is 1, absent `MinBids` is `Concurrency`, absent `Selection` is
 * `reputation`.
 *
 * @throws {ProtocolError} `protocol/invalid-document` naming the field, unless 1 ≤ Confidence ≤ Concurrency ≤ MinBids
 */
export function makeDeal(wish: DealWish): Deal {
  const concurrency = wish.concurrency ?? 1;
  const minBids = wish.minBids ?? concurrency;
  const selection = wish.selection?.toLowerCase() || DEFAULT_SELECTION;
  check("Deal.Concurrency", concurrency, 1, MAX_CONCURRENCY);
  check("Deal.MinBids", minBids, 1, MAX_MIN_BIDS);
  if (minBids < concurrency) {
    throw wrong(
      "Deal.MinBids",
      minBids,
      `less than Deal.Concurrency (${concurrency})`,
      "at least Deal.Concurrency",
    );
  }
  if (wish.confidence === undefined) return { concurrency, minBids, selection };
  check("Deal.Confidence", wish.confidence, 1, MAX_CONCURRENCY);
  if (wish.confidence > concurrency) {
    const state = `more than Deal.Concurrency (${concurrency})`;
    throw wrong("Deal.Confidence", wish.confidence, state, "at most Deal.Concurrency");
  }
  return { concurrency, minBids, confidence: wish.confidence, selection };
}

function check(field: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw wrong(field, value, "out of range", `a whole number from ${min} to ${max}`);
  }
}

function wrong(field: string, value: number, state: string, right: string): ProtocolError {
  return invalidField(field, `${value} is ${state}`, `Set ${field} to ${right}.`);
}
