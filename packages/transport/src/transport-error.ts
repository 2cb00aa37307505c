import { CodedError } from "@gadus/protocol";

export type TransportErrorCode = "transport/unreachable" | "transport/overloaded" | "transport/stopped" | "transport/address-in-use";

/** A message that couldn't be handed over, or a network that couldn't be joined. */
export class TransportError extends CodedError<TransportErrorCode> {}
