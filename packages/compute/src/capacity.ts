import type { Resources } from "@gadus/protocol";
import { atLeast, fitsIn, minus, NO_RESOURCES, plus } from "./resources.ts";

/** What an execution holds: a place, a place in the queue, the resources that it runs on, or its result's disk. */
export type Standing = "offered" | "queued" | "running" | "held";

/** An execution's claim. */
export interface Claim {
  readonly key: string;
  readonly requester: string;
  readonly resources: Resources;
  readonly priority: number;
}

interface Place extends Claim {
  standing: Standing;
  /** Where it stands in the queue: the less, the earlier; the same from its acceptance to its end. */
  rank: number;
  /** What it counts for now. */
  counted: Resources;
}

/** How much a node gives, and how its queue goes. */
export interface CapacityLimits {
  readonly total: Resources;
  /** What a claim counts for at least. */
  readonly floor: Resources;
  /** Claims that may wait. */
  readonly queueLimit: number;
  /** What one point of priority is worth, in time waited. */
  readonly agePerPriorityMs: number;
}

/**
 * Who holds what of a node.
 *
 * A bid reserves a place: it is given only where, once accepted, the execution either runs at once or has its place
 * in the queue, whatever others do. So at all times what runs and is held fits in the total, and no more than
 * `queueLimit` wait. The queue never idles: its head runs as soon as it fits.
 *
 * The queue has one order, which never changes: by the moment of acceptance less what the priority is worth. So a claim
 * that has waited for long goes before newcomers of a higher priority, and since nothing passes the head, each claim
 * starts once those have ended that came before it, or came within what the priorities differ by.
 */
export class Capacity {
  readonly total: Resources;
  readonly queueLimit: number;
  readonly #floor: Resources;
  readonly #agePerPriorityMs: number;
  readonly #places = new Map<string, Place>();
  readonly #offeredBy = new Map<string, number>();
  readonly #queue: Place[] = [];
  #used = NO_RESOURCES;
  #promised = NO_RESOURCES;
  #counts: Record<Standing, number> = { offered: 0, queued: 0, running: 0, held: 0 };

  constructor({ total, floor, queueLimit, agePerPriorityMs }: CapacityLimits) {
    this.total = total;
    this.queueLimit = queueLimit;
    this.#floor = floor;
    this.#agePerPriorityMs = agePerPriorityMs;
  }

  /** Executions that hold anything. */
  get size(): number {
    return this.#places.size;
  }

  /** What running and held ones take. */
  get used(): Resources {
    return this.#used;
  }

  count(standing: Standing): number {
    return this.#counts[standing];
  }

  /** Places of `requester` that it has neither accepted nor rejected. */
  offeredBy(requester: string): number {
    return this.#offeredBy.get(requester) ?? 0;
  }

  standingOf(key: string): Standing | undefined {
    return this.#places.get(key)?.standing;
  }

  /** Whether a place for `resources` can be promised. */
  hasRoom(resources: Resources): boolean {
    const wanted = atLeast(resources, this.#floor);
    if (!fitsIn(wanted, this.total)) return false;
    if (this.#counts.offered + this.#counts.queued < this.queueLimit) return true;
    return fitsIn(plus(wanted, plus(this.#used, this.#promised)), this.total);
  }

  /** Gives the claim a place without asking whether there is room. */
  add(claim: Claim, standing: Standing): void {
    if (this.#places.has(claim.key)) throw new RangeError(`${claim.key} has a place already`);
    const counted = atLeast(claim.resources, this.#floor);
    this.#join({ ...claim, standing, rank: 0, counted }, standing);
  }

  /** Takes an offered or a running one, accepted at `acceptedAtMs`, into the queue. */
  enqueue(key: string, acceptedAtMs: number): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#leave(place);
    place.rank = acceptedAtMs - place.priority * this.#agePerPriorityMs;
    this.#join(place, "queued");
  }

  /** Takes a queued or running one back to what it was before it was accepted. */
  unaccept(key: string): void {
    this.#move(key, "offered");
  }

  /** Lets the head of the queue run, and the next, as long as they fit; answers their keys. */
  takeStartable(): readonly string[] {
    const started: string[] = [];
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      if (!fitsIn(plus(head.counted, this.#used), this.total)) break;
      this.#move(head.key, "running");
      started.push(head.key);
    }
    return started;
  }

  /** A run is over: only `diskBytes` of results stay, as far as they were claimed. */
  hold(key: string, diskBytes: number): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#leave(place);
    const kept = Math.min(diskBytes, place.counted.diskBytes);
    this.#join({ ...place, counted: { ...NO_RESOURCES, diskBytes: kept } }, "held");
  }

  /** Takes the place back; one that isn't there is fine. */
  release(key: string): void {
    const place = this.#places.get(key);
    if (place !== undefined) this.#leave(place);
  }

  #move(key: string, standing: Standing): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#leave(place);
    this.#join(place, standing);
  }

  #join(place: Place, standing: Standing): void {
    place.standing = standing;
    this.#places.set(place.key, place);
    this.#counts[standing] += 1;
    this.#account(place, plus);
    if (standing === "offered") this.#countOffered(place.requester, 1);
    if (standing === "queued") this.#queue.splice(this.#indexFor(place), 0, place);
  }

  #leave(place: Place): void {
    this.#places.delete(place.key);
    this.#counts[place.standing] -= 1;
    this.#account(place, minus);
    if (place.standing === "offered") this.#countOffered(place.requester, -1);
    if (place.standing === "queued") this.#queue.splice(this.#indexFor(place), 1);
  }

  #account(place: Place, join: (a: Resources, b: Resources) => Resources): void {
    const waiting = place.standing === "offered" || place.standing === "queued";
    if (waiting) this.#promised = join(this.#promised, place.counted);
    else this.#used = join(this.#used, place.counted);
  }

  #countOffered(requester: string, change: number): void {
    const count = this.offeredBy(requester) + change;
    if (count === 0) this.#offeredBy.delete(requester);
    else this.#offeredBy.set(requester, count);
  }

  /** Where `place` stands, or would. */
  #indexFor(place: Place): number {
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#queue[middle];
      if (other !== undefined && comesBefore(other, place)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function comesBefore(a: Place, b: Place): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.key < b.key);
}
