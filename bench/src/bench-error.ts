import { CodedError } from "@gadus/protocol/coded-error";

export class BenchError extends CodedError<
  | "bench/job-not-completed"
  | "bench/request-refused"
  | "bench/overloaded"
  | "bench/stream-ended"
  | "bench/no-docker"
  | "bench/usage"
  | "bench/wrong-checksum"
> {}
