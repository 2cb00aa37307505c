import type { CallOptions } from "@gadus/protocol";
import { abortable } from "./abortable.ts";
import type { GuestModule } from "./guest-module.ts";
import { isJobsFault, TaskError } from "./task-error.ts";

/** Compiled modules by what names their bytes; the longest unused make room for others. */
export class ModuleCache {
  readonly #maxBytes: number;
  readonly #maxEntries: number;
  readonly #kept = new Map<string, GuestModule>();
  readonly #loading = new Map<string, Promise<GuestModule>>();
  #bytes = 0;

  /** @param maxBytes of the kept modules together */
  constructor(maxBytes: number, maxEntries = Number.POSITIVE_INFINITY) {
    this.#maxBytes = maxBytes;
    this.#maxEntries = maxEntries;
  }

  /**
   * The module that `key` names: kept, or from `load`, which runs once for all who ask meanwhile.
   *
   * @throws what `load` threw, and the signal's reason
   */
  async get(
    key: string,
    load: (options: CallOptions) => Promise<GuestModule>,
    options: CallOptions = {},
  ): Promise<GuestModule> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    const loading = this.#loading.get(key);
    if (loading !== undefined) {
      try {
        return await abortable(loading, options);
      } catch (error) {
        // Another's input may have failed, or its execution been aborted; a bad module is bad for all.
        if (error instanceof TaskError && isJobsFault(error.reason)) throw error;
        options.signal?.throwIfAborted();
      }
    }
    return this.#load(key, load(options));
  }

  async #load(key: string, loading: Promise<GuestModule>): Promise<GuestModule> {
    this.#loading.set(key, loading);
    try {
      const guest = await loading;
      this.#keep(key, guest);
      return guest;
    } finally {
      if (this.#loading.get(key) === loading) this.#loading.delete(key);
    }
  }

  #keep(key: string, guest: GuestModule): void {
    if (guest.sizeBytes > this.#maxBytes || this.#kept.has(key)) return;
    this.#kept.set(key, guest);
    this.#bytes += guest.sizeBytes;
    for (const [oldest, { sizeBytes }] of this.#kept) {
      if (this.#bytes <= this.#maxBytes && this.#kept.size <= this.#maxEntries) return;
      this.#kept.delete(oldest);
      this.#bytes -= sizeBytes;
    }
  }
}
