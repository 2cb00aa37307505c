import type { CallOptions, Clock, Spec } from "@gadus/protocol";
import type { ContentStore, StorageSource } from "@gadus/storage";
import { abortable } from "@gadus/protocol/abortable";
import type { RequesterOptions } from "./options.ts";
import { RequesterError } from "./requester-error.ts";

/** What inputs are looked up with. */
export interface LookupPorts {
  readonly content: Pick<ContentStore, "has">;
  /** Presents content by CID. */
  readonly ipfs: StorageSource | undefined;
  readonly clock: Clock;
  readonly options: Pick<RequesterOptions, "resolveTimeoutMs" | "maxLookups">;
}

/** A search in the network for one CID, and those that wait for it. */
interface Lookup {
  readonly controller: AbortController;
  readonly begun: PromiseWithResolvers<void>;
  readonly found: PromiseWithResolvers<number | undefined>;
  readonly source: Spec;
  waiting: number;
}

/**
 * Finds out how long inputs are that are named by CID.
 *
 * What is here already is answered at once. For the rest, one search serves all who want the same CID, and no more
 * searches go on at one time than `maxLookups`; those beyond wait for their turn, and their time begins with it.
 */
export class InputLookups {
  readonly #ports: LookupPorts;
  readonly #lookups = new Map<string, Lookup>();
  readonly #queue = new Set<Lookup>();
  #searching = 0;

  constructor(ports: LookupPorts) {
    this.#ports = ports;
  }

  /** Searches that go on now. */
  get searching(): number {
    return this.#searching;
  }

  /**
   * The bytes of the file `cid`; undefined where it is a folder.
   *
   * @throws {RequesterError} `requester/not-runnable` where it isn't found in time
   * @throws the signal's reason, if `signal` aborts
   */
  async sizeOf(source: Spec, cid: string, signal: AbortSignal): Promise<number | undefined> {
    if (await this.#ports.content.has(cid, { signal }).catch(() => false)) {
      return this.#stat(source, { signal });
    }
    const lookup = this.#lookups.get(cid) ?? this.#begin(source, cid);
    lookup.waiting += 1;
    try {
      await abortable(lookup.begun.promise, { signal });
      return await this.#within(lookup.found.promise, source, signal);
    } finally {
      lookup.waiting -= 1;
      if (lookup.waiting === 0) this.#giveUp(lookup, cid);
    }
  }

  #begin(source: Spec, cid: string): Lookup {
    const lookup: Lookup = {
      controller: new AbortController(),
      begun: Promise.withResolvers(),
      found: Promise.withResolvers(),
      source,
      waiting: 0,
    };
    lookup.found.promise.catch(() => {});
    this.#lookups.set(cid, lookup);
    this.#queue.add(lookup);
    this.#searchNext();
    return lookup;
  }

  #searchNext(): void {
    for (const lookup of this.#queue) {
      if (this.#searching >= this.#ports.options.maxLookups) return;
      this.#queue.delete(lookup);
      this.#searching += 1;
      lookup.begun.resolve();
      this.#stat(lookup.source, { signal: lookup.controller.signal })
        .then(lookup.found.resolve, lookup.found.reject)
        .finally(() => {
          this.#searching -= 1;
          this.#searchNext();
        });
    }
  }

  #giveUp(lookup: Lookup, cid: string): void {
    if (this.#lookups.get(cid) === lookup) this.#lookups.delete(cid);
    this.#queue.delete(lookup);
    lookup.controller.abort(new Error("nobody waits for it any more"));
  }

  async #within<T>(found: Promise<T>, source: Spec, signal: AbortSignal): Promise<T> {
    const late = new AbortController();
    const { clock, options } = this.#ports;
    const timer = clock.setTimer(options.resolveTimeoutMs, () =>
      late.abort(notFound(source, options.resolveTimeoutMs)),
    );
    try {
      return await abortable(found, { signal: AbortSignal.any([late.signal, signal]) });
    } finally {
      timer.cancel();
    }
  }

  async #stat(source: Spec, options: CallOptions): Promise<number | undefined> {
    const volume = await this.#ports.ipfs?.open(source, options);
    if (volume === undefined) return undefined;
    try {
      const root = await volume.stat("", options);
      return root?.kind === "file" ? root.sizeBytes : undefined;
    } finally {
      await volume.close();
    }
  }
}

function notFound(source: Spec, withinMs: number): RequesterError {
  const name = `${source.type} ${String(source.params["cid"])}`;
  const limit = `${withinMs / 1000} s (resolveTimeoutMs)`;
  return new RequesterError("requester/not-runnable", `its input ${name} was not found within ${limit}`, {
    blame: "job",
    hint: "Add it to a node of the network first (gadus add FILE), or correct its CID.",
  });
}
