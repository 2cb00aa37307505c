import type { Clock, Logger, Metrics } from "@gadus/protocol";
import type { Executor } from "@gadus/executor";
import type { Publisher } from "@gadus/publisher";
import type { ContentStore, ScratchSpace, StorageSource } from "@gadus/storage";
import type { Transport } from "@gadus/transport";
import type { Verifier } from "@gadus/verifier";
import type { LogStore } from "./log-store.ts";
import type { ComputeWishes } from "./options.ts";
import type { ComputeStore } from "./store.ts";

/** All that a compute node works with. Whoever composes it starts and stops these. */
export interface ComputeDependencies {
  readonly transport: Transport;
  readonly store: ComputeStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Those that work, started. */
  readonly executors: readonly Executor[];
  /** Engines that don't work here, and why. */
  readonly unavailableEngines?: ReadonlyMap<string, string>;
  readonly storage: readonly StorageSource[];
  readonly content: ContentStore;
  readonly scratch: ScratchSpace;
  /** What executions print, apart from their results. */
  readonly logs: LogStore;
  readonly verifiers: readonly Verifier[];
  readonly publishers: readonly Publisher[];
  /** The X25519 public key that the verifiers seal with; the same after a restart. */
  readonly boxPublicKey: Uint8Array;
  readonly options: ComputeWishes;
}
