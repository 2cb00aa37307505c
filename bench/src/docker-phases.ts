import type { ApiHistoryItem } from "@gadus/client";
import { BenchError } from "./bench-error.ts";

/** Where the time of a job went, in milliseconds; together they are `totalMs` of {@link phasesOf}. */
export interface Phases {
  /** From asking nodes until a bid is accepted. */
  readonly biddingMs: number;
  /** Until the requester hears that it runs: the acceptance, the node's queue, and word of the start. */
  readonly networkMs: number;
  /** Until its proposal has come: the container, its result written and named. */
  readonly engineMs: number;
  readonly verdictMs: number;
  readonly publishingMs: number;
  /** HTTP, what comes before anyone is asked, and the check of what was published. */
  readonly restMs: number;
}

/** A phase in words, in the order in which they come. */
export const PHASES: readonly { readonly key: keyof Phases; readonly title: string }[] = [
  { key: "biddingMs", title: "bidding" },
  { key: "networkMs", title: "network" },
  { key: "engineMs", title: "engine" },
  { key: "verdictMs", title: "verdict" },
  { key: "publishingMs", title: "publishing" },
  { key: "restMs", title: "HTTP and rest" },
];

const STATES = ["asked", "accepted", "running", "proposed", "verified", "published"] as const;

/**
 * The phases of a job that took `totalMs` to its client, by what its requester noted of the execution that published.
 *
 * @throws {BenchError} `bench/job-not-completed` where it noted no such execution
 */
export function phasesOf(history: readonly ApiHistoryItem[], totalMs: number): Phases {
  const published = history.find(({ Event }) => Event.Topic === "execution/published");
  const [asked, accepted, running, proposed, verified, end] = STATES.map((state) => {
    const isIt = ({ ExecutionID, Event }: ApiHistoryItem): boolean =>
      ExecutionID === published?.ExecutionID && Event.Topic === `execution/${state}`;
    const atMs = Date.parse(String(history.find(isIt)?.Time));
    if (Number.isFinite(atMs)) return atMs;
    throw new BenchError("bench/job-not-completed", `Cannot tell where time went: nothing was ${state}`);
  }) as [number, number, number, number, number, number];
  return {
    biddingMs: accepted - asked,
    networkMs: running - accepted,
    engineMs: proposed - running,
    verdictMs: verified - proposed,
    publishingMs: end - verified,
    restMs: totalMs - (end - asked),
  };
}
