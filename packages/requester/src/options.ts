import type { JobDefaults, Resources } from "@gadus/protocol";

/** What an operator can tune of a requester. Times are durations in milliseconds. */
export interface RequesterOptions {
  /** For documents that don't say. */
  readonly defaults: JobDefaults;
  readonly defaultResources: Resources;
  /** What a WebAssembly task may be charged where the document doesn't say. @default 1e12 */
  readonly defaultFuel: number;
  /** How long the nodes asked have to bid; once it closes the choice is among the bids that came. @default 10000 */
  readonly bidWindowMs: number;
  /** How long an accepted execution may wait in its node's queue. @default 600000 */
  readonly startWithinMs: number;
  /** An execution's own time where the document doesn't say. @default 1800000 */
  readonly executionTimeoutMs: number;
  /** What a finished run has to write, name and send its result. @default 60000 */
  readonly proposeMarginMs: number;
  /** From a verdict to a publication. @default 300000 */
  readonly publishWithinMs: number;
  /** A job's whole life where the document doesn't say. @default 86400000 */
  readonly totalTimeoutMs: number;
  /** How long a job that can't be placed now waits for nodes where the document doesn't say. @default 0 */
  readonly queueTimeoutMs: number;
  /** After a start, and for a job while no node is known to run jobs, how long nothing is given up for want of nodes. @default 5000 */
  readonly settleMs: number;
  /** How often nodes are told how far their executions are here, so that they repeat what was lost. @default 60000 */
  readonly syncIntervalMs: number;
  /** How long a node whose connection broke may take to be back before its executions are given up. @default 2000 */
  readonly suspectAfterMs: number;
  /** Before a partition is placed again after a failure; doubles with each. @default 500 */
  readonly retryBackoffMs: number;
  /** The most that {@link RequesterOptions.retryBackoffMs} grows to. @default 30000 */
  readonly retryBackoffMaxMs: number;
  /** Before a node that declined for want of room is asked again for a partition; doubles each time. @default 1000 */
  readonly reaskBackoffMs: number;
  /** The most that {@link RequesterOptions.reaskBackoffMs} grows to. @default 60000 */
  readonly reaskBackoffMaxMs: number;
  /** Executions accepted beyond `Deal.Concurrency`, a partition. @default 3 */
  readonly retryLimit: number;
  /** Nodes asked for each bid needed. @default 3 */
  readonly askFactor: number;
  /** Jobs that aren't closed; beyond it none is taken. @default 10000 */
  readonly maxLiveJobs: number;
  /** How long a source has to be found when a job is resolved. @default 20000 */
  readonly resolveTimeoutMs: number;
  /** CIDs that are searched for at one time; the time of others begins with their turn. @default 256 */
  readonly maxLookups: number;
  /** The longest content of a URL that this node keeps and serves to others; they fetch longer ones by themselves. @default 1 GiB */
  readonly maxFetchBytes: number;
  /** URLs that are fetched at one time; others wait for their turn. @default 8 */
  readonly maxFetches: number;
  /** After this long what was seen of a node counts half. @default 86400000 */
  readonly reputationHalfLifeMs: number;
  /** How long a finished job keeps its history and the executions that yielded no result. @default 604800000 */
  readonly keepFinishedMs: number;
  /** How long a finished job is kept at all. @default 7776000000 */
  readonly forgetFinishedMs: number;
  /** Whether a node gets jobs from the start, or once it is approved. @default open */
  readonly membership: "open" | "approve";
}

export const DEFAULT_REQUESTER_OPTIONS: RequesterOptions = {
  defaults: {},
  defaultResources: { cpuMillis: 500, memoryBytes: 512 * 1024 ** 2, diskBytes: 256 * 1024 ** 2, gpus: 0 },
  defaultFuel: 1_000_000_000_000,
  bidWindowMs: 10_000,
  startWithinMs: 600_000,
  executionTimeoutMs: 1_800_000,
  proposeMarginMs: 60_000,
  publishWithinMs: 300_000,
  totalTimeoutMs: 86_400_000,
  queueTimeoutMs: 0,
  settleMs: 5_000,
  syncIntervalMs: 60_000,
  suspectAfterMs: 2_000,
  retryBackoffMs: 500,
  retryBackoffMaxMs: 30_000,
  reaskBackoffMs: 1_000,
  reaskBackoffMaxMs: 60_000,
  retryLimit: 3,
  askFactor: 3,
  maxLiveJobs: 10_000,
  resolveTimeoutMs: 20_000,
  maxLookups: 256,
  maxFetchBytes: 1024 ** 3,
  maxFetches: 8,
  reputationHalfLifeMs: 86_400_000,
  keepFinishedMs: 604_800_000,
  forgetFinishedMs: 7_776_000_000,
  membership: "open",
};
