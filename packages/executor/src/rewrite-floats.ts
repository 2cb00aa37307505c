import { FLOAT } from "./module-opcodes.ts";
import { MARK } from "./rewrite-operands.ts";

/** Sites of one function; where it has more, each result is canonicalised where it is made. */
const MAX_SITES = 200_000;

/** A place in a function's code that leaves a float whose NaN bits are the machine's. */
interface Site {
  /** What it makes; of a site that reads a local, it is the local's. */
  readonly float: number;
  readonly local: number | undefined;
  /** Whether something sees its bits. */
  seen: boolean;
}

/** A local that isn't a parameter. */
interface LocalFloats {
  readonly reads: Site[];
  readonly writes: Site[];
  /** Set to bits that are not arithmetic's. */
  raw: boolean;
  /** A bit for each float that it is written or read as. */
  floats: number;
  /** Holds arithmetic's NaNs as they come; they are canonicalised where they are seen. */
  lazy: boolean;
}

/**
 * Decides which results of float operations are made canonical.
 *
 * An arithmetic operation or comparison sees its operands' values only, so that NaNs may reach it with any bits:
 * only where a result's bits are seen otherwise (stored, passed on, reinterpreted, or moved by sign operations)
 * it is canonicalised, where it is made. A local is lazy if all that it is ever set to is arithmetic's or never
 * NaN: then what is read from it is canonicalised where that is seen. It never is where its bits could be raw,
 * because those are the guest's own and stay as they are.
 */
export class FloatSites {
  #sites: Site[] = [];
  #overflown = false;
  readonly #locals = new Map<number, LocalFloats>();

  clear(): void {
    this.#sites = [];
    this.#overflown = false;
    this.#locals.clear();
  }

  /** A site that makes `float`, or {@link MARK}.raw where there are too many: it is to be canonicalised then. */
  make(float: number): number {
    if (this.#full()) return MARK.raw;
    this.#sites.push({ float, local: undefined, seen: false });
    return this.#sites.length - 1;
  }

  /** A site that reads `local`, which is no parameter. */
  read(local: number): number {
    if (this.#full()) return MARK.raw;
    const site = { float: FLOAT.none, local, seen: false };
    this.#sites.push(site);
    this.#localOf(local).reads.push(site);
    return this.#sites.length - 1;
  }

  /** The value with `mark` goes where its bits are seen. */
  see(mark: number): void {
    const site = this.#sites[mark];
    if (site !== undefined) site.seen = true;
  }

  /** The value with `mark` goes into an operation that reads `float` by its value. */
  take(mark: number, float: number): void {
    const site = this.#sites[mark];
    if (site === undefined) return;
    if (site.local !== undefined) this.#localOf(site.local).floats |= 1 << float;
    else if (site.float !== float) site.seen = true;
  }

  /** The value with `mark` goes into `local`. */
  write(mark: number, local: number): void {
    const state = this.#localOf(local);
    const site = this.#sites[mark];
    if (site !== undefined) state.writes.push(site);
    else if (mark !== MARK.neverNan) state.raw = true;
  }

  /** Once all code was passed over: decides. */
  settle(): void {
    for (const state of this.#locals.values()) {
      for (const { float, local } of state.writes) if (local === undefined) state.floats |= 1 << float;
      const made = state.writes.filter(({ local }) => local === undefined).length;
      const seen = state.reads.filter((site) => site.seen).length;
      const one = state.floats !== 0 && (state.floats & (state.floats - 1)) === 0;
      state.lazy = one && !this.#overflown && !state.raw && made > 0 && seen <= made;
    }
    this.#settleCopies();
  }

  /** The float that the value at `site` is canonicalised as; {@link FLOAT}.none where it needn't be. */
  floatAt(site: number): number {
    const found = this.#sites[site];
    if (found?.seen !== true) return FLOAT.none;
    if (found.local === undefined) return found.float;
    const state = this.#localOf(found.local);
    return state.lazy ? 31 - Math.clz32(state.floats) : FLOAT.none;
  }

  /** A lazy local that is set from one that isn't may be set to raw bits: it is lazy no more. */
  #settleCopies(): void {
    const ended = [...this.#locals.values()].filter((state) => !state.lazy);
    const copies = this.#copiesByLocal();
    for (const state of this.#locals.values()) {
      if (state.lazy && state.writes.some((site) => !this.#fits(site, state))) {
        state.lazy = false;
        ended.push(state);
      }
    }
    for (let state = ended.pop(); state !== undefined; state = ended.pop()) {
      for (const copy of copies.get(state) ?? []) {
        if (!copy.lazy) continue;
        copy.lazy = false;
        ended.push(copy);
      }
    }
    for (const state of this.#locals.values()) {
      if (!state.lazy) for (const site of state.writes) site.seen = true;
    }
  }

  /** The locals that each is copied to. */
  #copiesByLocal(): ReadonlyMap<LocalFloats, readonly LocalFloats[]> {
    const copies = new Map<LocalFloats, LocalFloats[]>();
    for (const into of this.#locals.values()) {
      for (const { local } of into.writes) {
        if (local === undefined) continue;
        const from = this.#localOf(local);
        const known = copies.get(from);
        if (known === undefined) copies.set(from, [into]);
        else known.push(into);
      }
    }
    return copies;
  }

  #fits({ local }: Site, into: LocalFloats): boolean {
    return local === undefined || this.#localOf(local).floats === into.floats;
  }

  #full(): boolean {
    this.#overflown ||= this.#sites.length >= MAX_SITES;
    return this.#overflown;
  }

  #localOf(local: number): LocalFloats {
    const known = this.#locals.get(local);
    if (known !== undefined) return known;
    const state = { reads: [], writes: [], raw: false, floats: 0, lazy: false };
    this.#locals.set(local, state);
    return state;
  }
}
