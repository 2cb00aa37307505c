import type { Descriptors } from "./descriptors.ts";
import type { FileTree } from "./file-tree.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { HostFuel } from "./host-fuel.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** One running guest and all that it can reach. */
export interface WasiGuest {
  readonly fuel: HostFuel;
  readonly memory: GuestMemory;
  readonly tree: FileTree;
  readonly descriptors: Descriptors;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  /** In UTF-8, each with its final NUL. */
  readonly args: readonly Uint8Array[];
  /** `NAME=value` in UTF-8, each with its final NUL. */
  readonly environment: readonly Uint8Array[];
}

/** Functions that a guest imports. They answer nothing for success, and throw what went wrong. */
export type WasiFunctions = Readonly<Record<string, (...args: never[]) => void>>;
