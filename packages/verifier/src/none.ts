import { createProposalBox, type ProposalBoxOptions } from "./proposal-box.ts";
import type { Evidence, Judgement, Verifier } from "./verifier.ts";

/** Accepts whatever each execution yields, once any of them has proposed. Proposals travel sealed all the same. */
export function noneVerifier(options: ProposalBoxOptions): Verifier {
  return {
    type: "none",
    compares: false,
    ...createProposalBox(options),
    async judge(evidence, { signal } = {}) {
      signal?.throwIfAborted();
      return judge(evidence);
    },
  };
}

function judge({ proposals, pending }: Evidence): Judgement {
  if (proposals.length > 0) {
    const reason = "the job asks for no verification: each execution's own result is taken";
    return { kind: "verdict", verdict: { winner: undefined, counted: proposals.length, reason } };
  }
  return pending > 0 ? { kind: "wait" } : { kind: "more", more: 1, reason: "no execution proposed a result" };
}
