import { CodedError } from "@gadus/protocol";

export type VerifierErrorCode =
  | "verifier/invalid-key"
  | "verifier/unreadable-proposal"
  | "verifier/wrong-proposal";

/** A proposal that doesn't open, or that isn't what it says; or a key that is none. */
export class VerifierError extends CodedError<VerifierErrorCode> {}
