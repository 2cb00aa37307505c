import { CodedError } from "./coded-error.ts";

export type ProtocolErrorCode =
  | "protocol/invalid-document"
  | "protocol/invalid-message"
  | "protocol/message-too-large"
  | "protocol/invalid-results"
  | "protocol/invalid-statement";

/** Something that breaks the language of the network: a document, a message, a statement or a results folder. */
export class ProtocolError extends CodedError<ProtocolErrorCode> {}
