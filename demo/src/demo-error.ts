import { CodedError } from "@gadus/protocol/coded-error";

export class DemoError extends CodedError<"demo/command-failed" | "demo/timed-out" | "demo/interrupted"> {}
