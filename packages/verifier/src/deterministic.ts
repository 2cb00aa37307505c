import { judgeProposals } from "./judge-proposals.ts";
import { createProposalBox, type ProposalBoxOptions } from "./proposal-box.ts";
import type { Verifier } from "./verifier.ts";

/** Compares results byte for byte: the largest group of equal ones wins, as far as the job's `Confidence` goes. */
export function deterministicVerifier(options: ProposalBoxOptions): Verifier {
  return {
    type: "deterministic",
    compares: true,
    ...createProposalBox(options),
    async judge(evidence, { signal } = {}) {
      signal?.throwIfAborted();
      return judgeProposals(evidence);
    },
  };
}
