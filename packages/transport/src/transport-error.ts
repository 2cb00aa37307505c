import { CodedError } from "@gadus/protocol";

export type TransportErrorCode =
  | "transport/unreachable"
  | "transport/overloaded"
  | "transport/stopped"
  | "transport/address-in-use"
  /** An address that can't be listened on or read. */
  | "transport/invalid-address"
  /** A file or text that holds no identity key or swarm key. */
  | "transport/invalid-key";

/** A message that couldn't be handed over, or a network that couldn't be joined. */
export class TransportError extends CodedError<TransportErrorCode> {}
