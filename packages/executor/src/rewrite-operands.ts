import { tooLarge } from "./module-error.ts";

/** What is known of a value beside its type: a site of {@link FloatSites}, or one of these. */
export const MARK = {
  /** Bits that stay as they are. */
  raw: -1,
  /** A float that is certainly not NaN. */
  neverNan: -2,
} as const;

/** Operands at one moment of one function, at most. */
const MAX_OPERANDS = 65_536;
const V128 = "v".charCodeAt(0);

/**
 * The operand stack of a function as its code is passed over, with the most slots that it ever takes.
 *
 * It trusts the code to be valid: an operand that isn't there is one of no type. A slot holds eight bytes.
 */
export class Operands {
  readonly #types = new Uint8Array(MAX_OPERANDS);
  readonly #marks = new Int32Array(MAX_OPERANDS);
  #base = 0;
  #height = 0;
  #slots = 0;
  #maxSlots = 0;
  #type = 0;

  get height(): number {
    return this.#height;
  }

  get maxSlots(): number {
    return this.#maxSlots;
  }

  /** Of the operand that was popped last. */
  get poppedType(): number {
    return this.#type;
  }

  reset(): void {
    this.#base = 0;
    this.#height = 0;
    this.#slots = 0;
    this.#maxSlots = 0;
  }

  push(type: number, mark: number): void {
    if (this.#height === MAX_OPERANDS) {
      tooLarge(`a function has more than ${MAX_OPERANDS} operands at once`);
    }
    this.#types[this.#height] = type;
    this.#marks[this.#height] = mark;
    this.#height += 1;
    this.#slots += slotsOf(type);
    if (this.#slots > this.#maxSlots) this.#maxSlots = this.#slots;
  }

  /** The mark of the operand on top. */
  pop(): number {
    if (this.#height === this.#base) {
      this.#type = 0;
      return MARK.raw;
    }
    this.#height -= 1;
    this.#type = this.#types[this.#height] ?? 0;
    this.#slots -= slotsOf(this.#type);
    return this.#marks[this.#height] ?? MARK.raw;
  }

  /** Makes what is there now out of reach; the answer gives it back. */
  enter(): number {
    const outer = this.#base;
    this.#base = this.#height;
    return outer;
  }

  /** Drops all that came after `enter`. */
  drain(): void {
    while (this.#height > this.#base) this.pop();
  }

  leave(outer: number): void {
    this.drain();
    this.#base = outer;
  }
}

/** Slots of eight bytes that a value takes, by its type's character code. */
export function slotsOf(type: number): number {
  return type === V128 ? 2 : 1;
}
