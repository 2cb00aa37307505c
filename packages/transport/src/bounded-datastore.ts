import { BaseDatastore } from "datastore-core";
import type { Pair, Query } from "interface-datastore";
import { Key } from "interface-datastore/key";
import { NotFoundError } from "@libp2p/interface";

/** What others tell the DHT: which peer has which content. */
const DHT = "/dht/";
/** The records of one piece of content, as the DHT asks for them. */
const CONTENT = /^\/dht\/provider\/[^/]+$/;
/** About 400 bytes each. */
const MAX_RECORDS = 50_000;

/**
 * What libp2p keeps, in memory: its peers, and so many records of the DHT at most, of which the oldest give way.
 *
 * Values are copied: a record of a few bytes is often a piece of a buffer of 64 KiB, which would stay as long as it does.
 */
export class BoundedDatastore extends BaseDatastore {
  readonly #maxRecords: number;
  readonly #others = new Map<string, Uint8Array>();
  /** In the order in which they were put. */
  readonly #records = new Map<string, Uint8Array>();
  /** Keys of records, by what stands before the last `/`. */
  readonly #groups = new Map<string, Set<string>>();

  constructor(maxRecords = MAX_RECORDS) {
    super();
    this.#maxRecords = maxRecords;
  }

  override put(key: Key, value: Uint8Array): Key {
    const name = key.toString();
    const copy = Uint8Array.from(value);
    if (!name.startsWith(DHT)) {
      this.#others.set(name, copy);
      return key;
    }
    this.#forget(name);
    this.#records.set(name, copy);
    const group = groupOf(name);
    const names = this.#groups.get(group);
    if (names === undefined) this.#groups.set(group, new Set([name]));
    else names.add(name);
    const [oldest] = this.#records.keys();
    if (this.#records.size > this.#maxRecords && oldest !== undefined) this.#forget(oldest);
    return key;
  }

  /** @throws {NotFoundError} where there is none */
  override get(key: Key): Uint8Array {
    const value = this.#find(key.toString());
    if (value === undefined) throw new NotFoundError(`Cannot find ${key.toString()}`);
    return value;
  }

  override has(key: Key): boolean {
    return this.#find(key.toString()) !== undefined;
  }

  override delete(key: Key): void {
    const name = key.toString();
    this.#others.delete(name);
    this.#forget(name);
  }

  override *_all({ prefix }: Query): Generator<Pair> {
    for (const name of this.#namesBelow(prefix ?? "")) {
      const value = this.#find(name);
      if (value !== undefined) yield { key: new Key(name, false), value };
    }
  }

  override *_allKeys({ prefix }: { readonly prefix?: string }): Generator<Key> {
    for (const name of this.#namesBelow(prefix ?? "")) yield new Key(name, false);
  }

  /** Names that may begin with `prefix`; who asks looks at each. */
  #namesBelow(prefix: string): readonly string[] {
    if (CONTENT.test(prefix)) return [...(this.#groups.get(prefix) ?? [])];
    return [...this.#others.keys(), ...this.#records.keys()];
  }

  #find(name: string): Uint8Array | undefined {
    return this.#others.get(name) ?? this.#records.get(name);
  }

  #forget(name: string): void {
    if (!this.#records.delete(name)) return;
    const group = groupOf(name);
    const names = this.#groups.get(group);
    names?.delete(name);
    if (names?.size === 0) this.#groups.delete(group);
  }
}

function groupOf(name: string): string {
  return name.slice(0, name.lastIndexOf("/"));
}
