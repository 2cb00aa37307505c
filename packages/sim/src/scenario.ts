import type { Climate } from "./weather.ts";

/** What a compute node does instead of what it should. */
export const LIES = [
  "wrong-result",
  "agreeing",
  "other-cid",
  "copied-proposal",
  "replayed-proposal",
  "not-run",
  "silent",
  "publishes-other",
  "publishes-nothing",
  "flood",
] as const;
export type Lie = (typeof LIES)[number];

/** What a requester does instead of what it should. */
export const CHEATS = ["never-judges", "refutes-right", "flood", "flood-asks"] as const;
export type Cheat = (typeof CHEATS)[number];

/** How the one input of a job behaves. */
export const INPUTS = ["good", "missing", "unheard-of", "broken", "hangs"] as const;
export type Input = (typeof INPUTS)[number];

/** One node's part. */
export interface NodePart {
  readonly id: string;
  /** How wrong its clock is at the start, and how fast it goes. */
  readonly clockOffsetMs: number;
  readonly clockRate: number;
}

export interface ComputePart extends NodePart {
  readonly cpuMillis: number;
  readonly memoryMib: number;
  /** How many may wait here, and how many places one requester may have reserved. */
  readonly queueLimit: number;
  readonly reservations: number;
  readonly lie: Lie | undefined;
  /** Its messages take no time. */
  readonly swift: boolean;
  /** When it comes, and when it goes for good; undefined: it is there from the start, to the end. */
  readonly joinsAtMs: number | undefined;
  readonly leavesAtMs: number | undefined;
}

export interface RequesterPart extends NodePart {
  readonly cheat: Cheat | undefined;
  /** Jobs that it takes at one time. */
  readonly maxLiveJobs: number;
  /** How long finished jobs keep their history, and are kept. */
  readonly keepFinishedMs: number;
  readonly forgetFinishedMs: number;
}

export interface JobPart {
  readonly name: string;
  readonly requester: string;
  readonly atMs: number;
  readonly stopAtMs: number | undefined;
  /** Its owner stops it just when a first such message about it is sent. */
  readonly stopOn: "verify" | "publish" | undefined;
  readonly output: string;
  readonly durationMs: number;
  readonly cpuMillis: number;
  readonly memoryMib: number;
  readonly count: number;
  readonly priority: number;
  readonly concurrency: number;
  readonly minBids: number;
  readonly confidence: number | undefined;
  readonly verifier: "deterministic" | "none";
  readonly selection: "random" | "ranked" | "reputation";
  readonly queueTimeoutS: number;
  readonly input: Input | undefined;
}

/** What happens to a node, or between nodes, while faults last. */
export type Fault =
  | {
      readonly kind: "crash";
      readonly node: string;
      readonly atMs: number;
      readonly backAfterMs: number;
      /** Writes that weren't synced are lost. */
      readonly power: boolean;
      /** Nobody is told: connections to it seem to stand. */
      readonly silent: boolean;
      /** Instead of at that time, it dies after this many commits: this one is written, and not synced. */
      readonly atCommit?: number;
    }
  | {
      readonly kind: "partition";
      readonly atMs: number;
      readonly forMs: number;
      readonly side: readonly string[];
      readonly oneWay: boolean;
      /** Connections across it break, instead of only falling silent. */
      readonly cuts: boolean;
    }
  | { readonly kind: "cut"; readonly atMs: number; readonly nodes: readonly [string, string] }
  | { readonly kind: "full-disk"; readonly atMs: number; readonly forMs: number; readonly node: string }
  /** Its clock is put forward, or back. */
  | { readonly kind: "clock"; readonly atMs: number; readonly byMs: number; readonly node: string };

/**
 * What a scenario is about, and what must come of it beside all that must always hold.
 *
 * - `archive`: nothing fails, for an hour; what finished at its beginning is given up at its end. Every job that fits
 *   on a node completes.
 * - `calm`: nothing fails. Every job completes.
 * - `gentle`: fewer executions are lost than may be tried again. Every job completes.
 * - `crowd`: many jobs, little room, nothing fails. Every job that may wait completes.
 * - `majority`: so few liars that no partition's verdict can be theirs, and a requester that may flood. Every job
 *   completes with the right result.
 * - `odds`: liars alone, counted.
 * - `storm`: all at once. Every job ends.
 */
export const KINDS = ["archive", "calm", "gentle", "crowd", "majority", "odds", "storm"] as const;
export type Kind = (typeof KINDS)[number];

/** All that a seed decides beforehand. */
export interface Scenario {
  readonly seed: number;
  readonly kind: Kind;
  readonly requesters: readonly RequesterPart[];
  readonly computes: readonly ComputePart[];
  readonly jobs: readonly JobPart[];
  readonly climate: Climate;
  readonly faults: readonly Fault[];
  readonly faultsEndMs: number;
  readonly retryLimit: number;
}

/** The deals whose odds are counted: nodes, agreeing liars among them, executions, and how many must agree. */
export const ODDS = [
  { nodes: 9, liars: 3, concurrency: 3, confidence: 2 },
  { nodes: 12, liars: 4, concurrency: 3, confidence: 2 },
  { nodes: 10, liars: 3, concurrency: 5, confidence: 3 },
  { nodes: 8, liars: 2, concurrency: 1, confidence: 1 },
] as const;
export type Odds = (typeof ODDS)[number];
