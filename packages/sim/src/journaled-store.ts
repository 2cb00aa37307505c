import type { CommitOptions } from "@gadus/protocol";
import type { Dice } from "./dice.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What stores of both roles have in common. */
interface Store<W> {
  commit(writes: readonly W[], options?: CommitOptions): Promise<readonly number[]>;
}

/** The disk under a node's store: what was written survives a kill, what was synced survives a power loss. */
export interface Disk<W, S extends Store<W>> {
  /** A store on it for one life of the node; it ends the one before. */
  open(): S;
  /** The life on it was killed: what it had begun to write isn't written any more. */
  close(): void;
  /** Forgets some of the last writes that nothing was promised on; to be called while no life is on it. */
  losePower(): Promise<void>;
  /** While it is full every commit is refused. */
  setFull(full: boolean): void;
  isFull(): boolean;
  /** What is stored, whoever lives on it. */
  stored(): S;
  /** Whether a commit is under way: what is stored isn't known to who stored it. */
  isWriting(): boolean;
  /** Every batch that survives a power loss now and wasn't asked for before; of a longer past only what is left. */
  takeSynced(): readonly (readonly W[])[];
}

/** What happens to a disk, for those who watch. */
export interface DiskWatch<W> {
  /** Batches were written; after a power loss, all that is left is written again, beginning with `reset`. */
  written(writes: readonly W[]): void;
  reset(): void;
  /** Another commit that must be synced was written, and isn't synced yet. */
  syncing(): void;
  /** A commit was refused, for want of room. */
  refused(): void;
  /** So many batches were lost with the power. */
  lost(batches: number): void;
}

/** What a full disk says. */
export const DISK_FULL = "The disk is full";

/** How long a commit takes, in virtual milliseconds at most: of those that are synced, and of the others. */
const SYNC_MS = 8;
const WRITE_MS = 2;

export function createDisk<W, S extends Store<W>>(
  makeStore: () => S,
  parts: { readonly time: VirtualTime; readonly dice: Dice; readonly watch: DiskWatch<W> },
): Disk<W, S> {
  const { time, dice, watch } = parts;
  let store = makeStore();
  let journal: (readonly W[])[] = [];
  let synced = 0;
  let taken = 0;
  let full = false;
  let lives = 0;
  let underWay = 0;
  let tail: Promise<unknown> = Promise.resolve();

  const pause = (maxMs: number): Promise<void> =>
    new Promise((resolve) => time.after(dice.fraction() * maxMs, resolve));

  async function write(life: number, writes: readonly W[], durable: boolean): Promise<readonly number[]> {
    await pause(WRITE_MS);
    if (life !== lives) return new Promise(() => {});
    if (full && writes.length > 0) {
      watch.refused();
      throw new Error(DISK_FULL);
    }
    const seqs = writes.length === 0 ? [] : await store.commit(writes);
    if (writes.length > 0) {
      journal.push(writes);
      watch.written(writes);
    }
    const length = journal.length;
    if (durable && writes.length > 0) watch.syncing();
    await pause(durable ? SYNC_MS : 0);
    if (life === lives && durable) synced = Math.max(synced, length);
    return seqs;
  }

  return {
    open() {
      lives += 1;
      underWay = 0;
      tail = Promise.resolve();
      const life = lives;
      const commit: S["commit"] = (writes, { durable = true } = {}) => {
        underWay += 1;
        const done = tail
          .then(() => write(life, writes, durable))
          .finally(() => {
            if (life === lives) underWay -= 1;
          });
        tail = done.catch(() => {});
        return done;
      };
      return { ...store, commit };
    },
    close() {
      lives += 1;
      underWay = 0;
    },
    async losePower() {
      const kept = synced + dice.between(0, journal.length - synced);
      const left = journal.slice(0, kept);
      watch.lost(journal.length - kept);
      store = makeStore();
      watch.reset();
      journal = [];
      for (const writes of left) {
        await store.commit(writes);
        journal.push(writes);
        watch.written(writes);
      }
      synced = kept;
      taken = 0;
    },
    setFull(value) {
      full = value;
    },
    isFull: () => full,
    stored: () => store,
    isWriting: () => underWay > 0,
    takeSynced() {
      const fresh = journal.slice(taken, synced);
      taken = Math.max(taken, synced);
      return fresh;
    },
  };
}
