import type { CallOptions, OutputName, SignedStatement, StatementBinding } from "@gadus/protocol";

/** What a compute node says that its execution yielded. */
export interface Proposal {
  readonly digest: string;
  readonly cid: string;
  readonly sizeBytes: number;
  /** Outputs that were cut off, where any was: told to the submitter, and not compared. */
  readonly truncated?: readonly OutputName[];
  /** The container image that ran, by digest or id: told, and not compared. */
  readonly image?: string;
  /** What else the submitter should hear of the run, in words; not compared either. */
  readonly notes?: readonly string[];
}

/** Whom a proposal is sealed for or from, and what it is about. */
export interface SealContext {
  readonly binding: StatementBinding;
  /** The other party's X25519 public key, as it came with the ask or the bid of this execution. */
  readonly boxPublicKey: Uint8Array;
}

/** A proposal that opened, with the statement that its author signed. */
export interface OpenedProposal {
  readonly proposal: Proposal;
  readonly statement: SignedStatement;
}

/** What is known of a partition's executions when it is judged. */
export interface Evidence {
  /** `Deal.Confidence`; undefined means more than half of all proposals judged. */
  readonly confidence: number | undefined;
  /** Every proposal of the partition, over all rounds. */
  readonly proposals: readonly (Proposal & { readonly executionId: string })[];
  /** Executions that may still propose. */
  readonly pending: number;
  /** Executions that ever ran, whether or not they proposed; of a deal for one execution, only those that did. */
  readonly ran: number;
}

/** A partition's verdict: written once, never revised, and held against every later proposal. */
export interface Verdict {
  /** The only result that is right; undefined where the verifier accepts each execution's own. */
  readonly winner: Proposal | undefined;
  /** Proposals that were judged. */
  readonly counted: number;
  /** Why, in words for the submitter. */
  readonly reason: string;
}

/** What a verifier makes of the evidence. */
export type Judgement =
  | { readonly kind: "verdict"; readonly verdict: Verdict }
  /** Nobody wins, and `more` further executions could change that. */
  | { readonly kind: "more"; readonly more: number; readonly reason: string }
  /** What is still to come can change the outcome. */
  | { readonly kind: "wait" };

/** Seals proposals on the compute node; opens and judges them at the requester. */
export interface Verifier {
  readonly type: string;
  /** Whether it compares results, so that all that affects their bytes must be fixed before asking. */
  readonly compares: boolean;
  /** Compute node: signs `proposal` and seals it for the requester. */
  propose(proposal: Proposal, context: SealContext, options?: CallOptions): Promise<Uint8Array>;
  /**
   * Requester: what is in a sealed proposal.
   *
   * @throws {VerifierError} `verifier/unreadable-proposal` where it doesn't open, `verifier/wrong-proposal` where
   * it is another's, or about something else
   */
  open(sealed: Uint8Array, context: SealContext, options?: CallOptions): Promise<OpenedProposal>;
  /** Requester: judges a partition. Idempotent: the same evidence, the same judgement. */
  judge(evidence: Evidence, options?: CallOptions): Promise<Judgement>;
}

/** Whether `proposal` is right by `verdict`. */
export function agrees(verdict: Verdict, proposal: Proposal): boolean {
  const { winner } = verdict;
  return winner === undefined || (winner.digest === proposal.digest && winner.cid === proposal.cid);
}
