import type { Clock, Identity, Logger, Metrics, Randomness } from "@gadus/protocol";
import type { ImageResolver } from "@gadus/executor";
import type { Publisher } from "@gadus/publisher";
import type { ContentStore, StorageSource, UrlReader } from "@gadus/storage";
import type { Transport } from "@gadus/transport";
import type { Verifier } from "@gadus/verifier";
import type { RequesterOptions } from "./options.ts";
import type { SelectionStrategy } from "./selection-strategy.ts";
import type { RequesterStore } from "./store.ts";

/** What a requester acts through. */
export interface RequesterPorts {
  readonly store: RequesterStore;
  readonly transport: Transport;
  readonly identity: Identity;
  /** This node's X25519 public key, whose secret half the verifiers hold. */
  readonly boxPublicKey: Uint8Array;
  /** By type. */
  readonly verifiers: ReadonlyMap<string, Verifier>;
  readonly publishers: ReadonlyMap<string, Publisher>;
  readonly storage: ReadonlyMap<string, StorageSource>;
  /** How jobs may have their nodes chosen, by type. @default `reputation`, `ranked` and `random` */
  readonly strategies?: ReadonlyMap<string, SelectionStrategy>;
  readonly content: ContentStore;
  /** Reads inputs that are named by URL. @default none are taken */
  readonly urls?: UrlReader;
  /** Fixes images that jobs name by tag. @default such a job is refused where its results are compared */
  readonly images?: ImageResolver;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly options?: Partial<RequesterOptions>;
}
