import type { ReadableVolume, Spec } from "@gadus/protocol";
import { StorageError } from "./storage-error.ts";
import type { Availability, StorageSource } from "./storage.ts";

/** Options of {@link createMemorySource}. */
export interface MemorySourceOptions {
  /**
   * The type that jobs name it by; a simulation lets it stand for `ipfs`.
   *
   * @default "memory"
   */
  readonly type?: string;
  /** The volume that a source's parameters name; undefined where there is none. */
  readonly find: (params: Spec["params"]) => Promise<ReadableVolume | undefined>;
}

/** A storage source whose volumes are in memory, for tests and simulations. */
export function createMemorySource({ type = "memory", find }: MemorySourceOptions): StorageSource {
  return {
    type,
    async check(source, options = {}): Promise<Availability> {
      options.signal?.throwIfAborted();
      const entry = await (await find(source.params))?.stat("", options);
      if (entry === undefined) return { available: false, reason: `${describe(source)} isn't here` };
      return entry.kind === "file" ? { available: true, sizeBytes: entry.sizeBytes } : { available: true };
    },
    async open(source, options = {}): Promise<ReadableVolume> {
      options.signal?.throwIfAborted();
      const volume = await find(source.params);
      if (volume !== undefined) return volume;
      throw new StorageError("storage/not-found", `Cannot open ${describe(source)}: it isn't here`);
    },
  };
}

function describe(source: Spec): string {
  return `${source.type} ${JSON.stringify(source.params)}`;
}
