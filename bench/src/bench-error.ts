import { CodedError } from "@gadus/protocol/coded-error";

export class BenchError extends CodedError<
  | "bench/job-not-completed"
  | "bench/request-refused"
  | "bench/overloaded"
  | "bench/stream-ended"
  | "bench/usage"
  | "bench/wrong-checksum"
> {}
