import { CodedError } from "@gadus/protocol";

export type StorageErrorCode =
  | "storage/not-found"
  | "storage/not-allowed"
  | "storage/not-readable"
  | "storage/invalid-source"
  | "storage/unreachable"
  | "storage/changed"
  | "storage/invalid-block"
  | "storage/full";

/** An input that can't be presented, or scratch space that can't be had. */
export class StorageError extends CodedError<StorageErrorCode> {}
