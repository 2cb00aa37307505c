/** What is put in, or in place of something, where a function's code is copied. */
export const EDIT = {
  /** Charges a block of cost `a`, and checks what is left where `b` is 1. */
  charge: 0,
  /** Canonicalises what site `a` leaves. */
  canonical: 1,
  /** Reads the fuel again that a call has left. */
  reload: 2,
  /** Leaves the function from inside of `a` blocks, in place of a `return`. */
  leave: 3,
  /** Charges by the count on top, a unit for each `2 ** a`. */
  count: 4,
  /** Keeps the count on top, for what follows. */
  keep: 5,
  /** Charges by the kept count times `2 ** a`, if what is on top says that table `b`, or the memory, grew. */
  grown: 6,
  /** The index of a global, `a`, in place of what was there. */
  global: 7,
  /** Stores the fuel that a local holds, before what may see it. */
  settle: 8,
} as const;

/** Stands for the memory in place of a table's number. */
export const GROWN_MEMORY = -1;

const FIRST_CAPACITY = 1024;
const COLUMNS = 5;

/** Edits of one function's code, in the order of their places. */
export class Edits {
  #cells = new Int32Array(FIRST_CAPACITY * COLUMNS);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** Adds one at byte `at`, in place of `skip` bytes; the answer is its number. */
  add(at: number, kind: number, a = 0, skip = 0): number {
    const from = this.#length * COLUMNS;
    if (from === this.#cells.length) {
      const larger = new Int32Array(this.#cells.length * 2);
      larger.set(this.#cells);
      this.#cells = larger;
    }
    this.#cells[from] = at;
    this.#cells[from + 1] = skip;
    this.#cells[from + 2] = kind;
    this.#cells[from + 3] = a;
    this.#cells[from + 4] = 0;
    this.#length += 1;
    return this.#length - 1;
  }

  setA(edit: number, value: number): void {
    this.#cells[edit * COLUMNS + 3] = value;
  }

  setB(edit: number, value: number): void {
    this.#cells[edit * COLUMNS + 4] = value;
  }

  at(edit: number): number {
    return this.#cells[edit * COLUMNS] ?? 0;
  }

  skip(edit: number): number {
    return this.#cells[edit * COLUMNS + 1] ?? 0;
  }

  kind(edit: number): number {
    return this.#cells[edit * COLUMNS + 2] ?? 0;
  }

  a(edit: number): number {
    return this.#cells[edit * COLUMNS + 3] ?? 0;
  }

  b(edit: number): number {
    return this.#cells[edit * COLUMNS + 4] ?? 0;
  }
}
