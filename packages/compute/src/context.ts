import {
  type Clock,
  type Identity,
  isCodedError,
  type Logger,
  messageOf,
  type Failure,
} from "@gadus/protocol";
import type { Executor } from "@gadus/executor";
import type { Publisher } from "@gadus/publisher";
import type { ContentStore, ScratchSpace, StorageSource } from "@gadus/storage";
import type { Verifier } from "@gadus/verifier";
import type { Support } from "./bid.ts";
import type { Capacity } from "./capacity.ts";
import type { ComputeMetrics } from "./compute-metrics.ts";
import type { ExecutionTable } from "./execution-table.ts";
import type { KeyedQueue } from "./keyed-queue.ts";
import type { LogStore } from "./log-store.ts";
import type { ComputeOptions } from "./options.ts";
import type { Step } from "./step.ts";
import type { ComputeStore } from "./store.ts";
import type { UnconfirmedPublications } from "./unconfirmed-publications.ts";

/** What the parts of the role share. The transport isn't here: {@link Step} is the only way to a peer. */
export interface Context {
  readonly identity: Identity;
  readonly boxPublicKey: Uint8Array;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ComputeMetrics;
  readonly options: ComputeOptions;
  readonly support: Support;
  readonly executors: ReadonlyMap<string, Executor>;
  readonly sources: ReadonlyMap<string, StorageSource>;
  readonly verifiers: ReadonlyMap<string, Verifier>;
  readonly publishers: ReadonlyMap<string, Publisher>;
  readonly content: ContentStore;
  readonly scratch: ScratchSpace;
  readonly logs: LogStore;
  readonly store: Pick<ComputeStore, "get">;
  readonly step: Step;
  /** Settles once all that was written so far survives a power loss. */
  synced(): Promise<void>;
  readonly capacity: Capacity;
  readonly table: ExecutionTable;
  readonly unconfirmed: UnconfirmedPublications;
  /** By execution: what happens to one happens in order. */
  readonly serial: KeyedQueue;
  /** Whether nothing new is begun any more. */
  isStopping(): boolean;
  /** Capacity was freed, or its use has changed: what waits may run. */
  freed(): void;
  /** Lets `work` go on by itself; an error of it is logged. */
  background(what: string, work: Promise<unknown>): void;
}

/** The longest reason that a message carries. */
const MAX_REASON_LENGTH = 4096;
const MAX_CODE_LENGTH = 128;

/** Why something failed, as a record and a message carry it. Blame without a coded error is the node's. */
export function failureOf(error: unknown): Failure {
  const coded = isCodedError(error);
  return {
    code: (coded ? error.code : "compute/execution-failed").slice(0, MAX_CODE_LENGTH),
    message: messageOf(error).slice(0, MAX_REASON_LENGTH),
    blame: coded ? error.blame : "node",
  };
}

/** Calls `again` after a while, unless the node is stopping by then. */
export function retryLater(context: Context, again: () => void): void {
  context.clock.setTimer(context.options.retryMs, () => {
    if (!context.isStopping()) again();
  });
}
