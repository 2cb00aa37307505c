export {
  agrees,
  type Evidence,
  type Judgement,
  type OpenedProposal,
  type Proposal,
  type SealContext,
  type Verdict,
  type Verifier,
} from "./verifier.ts";
export { VerifierError, type VerifierErrorCode } from "./verifier-error.ts";
