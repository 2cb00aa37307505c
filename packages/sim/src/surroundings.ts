import type { Message } from "@gadus/protocol";
import type { MemorySwarm } from "@gadus/storage/memory";
import type { MemoryNetwork } from "@gadus/transport/memory";
import type { Checks } from "./checks.ts";
import type { Coverage } from "./coverage.ts";
import type { Depot } from "./depot.ts";
import type { Dice } from "./dice.ts";
import type { Scenario } from "./scenario.ts";
import type { ServedResults } from "./served-results.ts";
import type { Trace } from "./trace.ts";
import type { VirtualTime } from "./virtual-time.ts";
import type { Witness } from "./witness.ts";

/** What all nodes of a simulation share. */
export interface Surroundings {
  readonly scenario: Scenario;
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly network: MemoryNetwork;
  readonly swarm: MemorySwarm;
  readonly checks: Checks;
  readonly trace: Trace;
  readonly coverage: Coverage;
  readonly witness: Witness;
  readonly depot: Depot;
  readonly served: ServedResults;
  /** Those who hear what is said between a requester and a compute node. */
  readonly ears: ((requester: string, message: Message) => void)[];
  /** Proposals as liars have seen them pass, sealed. */
  readonly overheard: Uint8Array[];
  /** Whether an execution may be published: its requester has stored, for good, that it is verified. */
  mayPublish(requester: string, executionId: string): boolean;
}

/** A node that lives, dies and comes back. */
export interface Body {
  readonly id: string;
  /** Begins a life; where one goes on, does nothing. */
  start(): Promise<void>;
  /** Ends the life at once. */
  crash(how: { readonly power: boolean; readonly silent: boolean }): Promise<void>;
  setDiskFull(full: boolean): void;
  /** Calls `act` as soon as its disk has written, and not yet synced, so many commits. */
  atCommit(count: number, act: () => void): void;
  /** Puts its clock forward, or back. */
  jumpClock(byMs: number): void;
  readonly alive: boolean;
}

/** In milliseconds since 1970: what a right clock shows when a simulation begins. */
export const EPOCH_MS = 1_800_000_000_000;
