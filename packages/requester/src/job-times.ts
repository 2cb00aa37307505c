import type { JobSpec } from "@gadus/protocol";
import type { RequesterOptions } from "./options.ts";

/** The time-outs of one job, as durations in milliseconds: its own, and the node's where it says none. */
export type JobTimes = Readonly<Required<JobSpec["task"]["timeouts"]>>;

/** Every time-out of a job of `spec`. */
export function timesOf({ task }: JobSpec, options: RequesterOptions): JobTimes {
  return {
    bidMs: options.bidWindowMs,
    startMs: options.startWithinMs,
    executionMs: options.executionTimeoutMs,
    proposeMs: options.proposeMarginMs,
    publishMs: options.publishWithinMs,
    queueMs: options.queueTimeoutMs,
    totalMs: options.totalTimeoutMs,
    ...task.timeouts,
  };
}

const NAMES: { readonly [T in keyof JobTimes]: string } = {
  bidMs: "BidTimeout",
  startMs: "StartTimeout",
  executionMs: "ExecutionTimeout",
  proposeMs: "ProposeTimeout",
  publishMs: "PublishTimeout",
  queueMs: "QueueTimeout",
  totalMs: "TotalTimeout",
};

/** How messages name a time-out: its value, and what it is called in a job document. */
export function nameTime(times: JobTimes, time: keyof JobTimes): string {
  return `${times[time] / 1000} s (${NAMES[time]})`;
}
