import { CodedError } from "@gadus/protocol";

export type PublisherErrorCode =
  | "publisher/wrong-content"
  | "publisher/not-retrievable"
  | "publisher/failed"
  | "publisher/invalid-params";

/** A result that can't be published, or whose publication isn't good. */
export class PublisherError extends CodedError<PublisherErrorCode> {}
