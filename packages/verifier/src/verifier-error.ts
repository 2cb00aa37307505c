import { CodedError } from "@gadus/protocol";

export type VerifierErrorCode = "verifier/unreadable-proposal" | "verifier/wrong-proposal";

/** A proposal that doesn't open, or that isn't what it says. */
export class VerifierError extends CodedError<VerifierErrorCode> {}
