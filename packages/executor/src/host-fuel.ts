import type { Meters } from "./guest-meters.ts";
import { FuelSpent } from "./wasi-error.ts";

/**
 * What a host function takes of a guest's fuel, so that no time can be had for nothing.
 *
 * Part of the profile: it depends on what was asked for, and never on how a host finds it.
 */
export const PRICE = {
  /** A call, whatever becomes of it. */
  call: 1000,
  /** A buffer of a scattered read or write. */
  vector: 250,
  /** A byte of a path, also of each link that it leads through. */
  pathByte: 32,
  /** A folder above the one that something is moved to. */
  ancestor: 8,
  /** A random byte. */
  randomByte: 64,
  /** A name in a folder of which a listing is begun. */
  listedName: 1000,
  /** An entry that is written into the guest's memory. */
  entry: 1000,
  subscription: 600,
  /** A name or a listing that an input is asked for, and a read of one that doesn't go on where the last one ended. */
  search: 50_000,
  /** A byte of an input that is read, or by which what the guest made grows. */
  inputByte: 1,
  grownByte: 1,
} as const;

/** Other bytes that are moved for the price of one instruction, as by `memory.copy`. */
const BYTES_PER_FUEL = 8;
/** What may be owed before it is taken from the meter, which takes as long as a short call. */
const MAX_OWED = 65_536;

/**
 * What host functions take of a guest's fuel.
 *
 * It is noted, and taken from the meter when {@link MAX_OWED} have come together: at the same calls in every run. A
 * guest may so do a little more than it has fuel for, always the same.
 */
export class HostFuel {
  #meters: Meters | undefined;
  #owed = 0;

  /** What is charged from now on is taken from `meters`; before, and without any, nothing is. */
  begin(meters: Meters | undefined): void {
    this.#meters = meters;
    this.#owed = 0;
  }

  /** Takes what is owed; nothing is charged after it. */
  end(): void {
    this.#take();
    this.#meters = undefined;
  }

  /** @throws {FuelSpent} once it finds that nothing is left */
  charge(fuel: number): void {
    this.#owed += fuel;
    if (this.#owed >= MAX_OWED && this.#take() < 0) throw new FuelSpent();
  }

  /** Charges for `count` bytes that are moved in memory. */
  chargeBytes(count: number): void {
    this.charge(Math.floor(count / BYTES_PER_FUEL));
  }

  /** Answers what is left. */
  #take(): number {
    const owed = this.#owed;
    this.#owed = 0;
    if (this.#meters === undefined) return 0;
    const left = Number(this.#meters.fuel.value) - owed;
    this.#meters.fuel.value = BigInt(left);
    return left;
  }
}
