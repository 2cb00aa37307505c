import type { Resources, TaskTerms } from "@gadus/protocol";
import { atMost } from "./resources.ts";

/** What an operator lets jobs have, and how long this node waits. Times are durations by its own clock. */
export interface ComputeOptions {
  /** All that this node gives to jobs at one time. */
  readonly capacity: Resources;
  /**
   * The most that one execution may ask for.
   *
   * @default `capacity`
   */
  readonly maxExecution: Resources;
  /** What an execution counts for at least, whatever it asks for; no more than `capacity`. */
  readonly minExecution: Resources;
  readonly jobTypes: readonly string[];
  /** The kinds of network that a job may have. */
  readonly networks: readonly TaskTerms["network"]["type"][];
  /** The longest that an execution may run; also the time of one that names none. */
  readonly maxExecutionTimeoutMs: number;
  /** The most that an execution may be charged by an engine that counts instructions. */
  readonly maxFuel: number;
  /** Executions that may wait for their turn. */
  readonly queueLimit: number;
  /** How much longer one must have waited to go before another whose priority is one point higher. */
  readonly agePerPriorityMs: number;
  /** Executions, in any state, that haven't ended. */
  readonly maxLive: number;
  /** Bids to one requester that it has neither accepted nor rejected. */
  readonly reservationsPerRequester: number;
  /** Messages of one requester in hand at one time, each execution of a sync counted; those beyond are dropped. */
  readonly messagesPerRequester: number;
  /** Bytes of them, as they take memory; those beyond are dropped too. */
  readonly messageBytesPerRequester: number;
  /** Bytes of messages of all requesters in hand at one time. */
  readonly messageBytes: number;
  /** How long engine and storage may take to say whether they can take a task. */
  readonly checkTimeoutMs: number;
  /** How long a bid holds its reservation. */
  readonly leaseMs: number;
  /** How long a result is kept for a requester that gives no verdict. */
  readonly proposalLeaseMs: number;
  /** However long a requester says, nothing of its executions is held in one state for longer. */
  readonly maxHoldMs: number;
  /** How often one execution may be begun, the first time counted. A run that a clean stop ended doesn't count. */
  readonly maxRuns: number;
  readonly maxResultBytes: number;
  /** The most that the terms of one ask may take, in DAG-CBOR: they are in memory as long as it is live. */
  readonly maxTermsBytes: number;
  /** How long ended executions are kept in mind, so that a late message finds how they ended. */
  readonly recentMs: number;
  /** How many of them; also, publications told of until their requester says how it ended there. */
  readonly maxRecent: number;
  /** How long, and how many, ended executions are stored; publications are told of as long. */
  readonly keepEndedMs: number;
  readonly maxEnded: number;
  /** When requesters may read what their executions print: as they print it, or once there is a verdict. */
  readonly logs: "live" | "after-verdict";
  /** How long what an execution printed is kept after its end, and how much of all. */
  readonly keepLogsMs: number;
  readonly maxLogBytes: number;
  readonly purgeIntervalMs: number;
  /** How often connected requesters are told what this node does for them. */
  readonly syncIntervalMs: number;
  /** How long `stop` waits for what is running to be gone. */
  readonly stopTimeoutMs: number;
  /** How soon after a change listeners hear that the offer changed; changes within it count as one. */
  readonly offerDelayMs: number;
  /** When to try again what the store refused. */
  readonly retryMs: number;
}

/** What an operator says; all but the capacity has a default. */
export type ComputeWishes = Partial<ComputeOptions> & Pick<ComputeOptions, "capacity">;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MIB = 1024 * 1024;

const DEFAULTS: Omit<ComputeOptions, "capacity" | "maxExecution"> = {
  minExecution: { cpuMillis: 10, memoryBytes: MIB, diskBytes: 0, gpus: 0 },
  jobTypes: ["batch", "ops"],
  networks: ["none"],
  maxExecutionTimeoutMs: 24 * HOUR_MS,
  maxFuel: 100_000_000_000_000,
  queueLimit: 1000,
  agePerPriorityMs: MINUTE_MS,
  maxLive: 5000,
  reservationsPerRequester: 500,
  messagesPerRequester: 10_000,
  messageBytesPerRequester: 32 * MIB,
  messageBytes: 256 * MIB,
  checkTimeoutMs: 2000,
  leaseMs: 30_000,
  proposalLeaseMs: HOUR_MS,
  maxHoldMs: 7 * 24 * HOUR_MS,
  maxRuns: 5,
  maxResultBytes: 10 * 1024 * MIB,
  maxTermsBytes: MIB / 4,
  recentMs: MINUTE_MS,
  maxRecent: 10_000,
  keepEndedMs: 24 * HOUR_MS,
  maxEnded: 50_000,
  logs: "live",
  keepLogsMs: 24 * HOUR_MS,
  maxLogBytes: 1024 * MIB,
  purgeIntervalMs: MINUTE_MS,
  syncIntervalMs: MINUTE_MS,
  stopTimeoutMs: 5000,
  offerDelayMs: 200,
  retryMs: 1000,
};

/** `wishes` with defaults for all that they leave out. */
export function makeOptions(wishes: ComputeWishes): ComputeOptions {
  const options = { maxExecution: wishes.capacity, ...DEFAULTS, ...wishes };
  return { ...options, minExecution: atMost(options.minExecution, options.capacity) };
}
