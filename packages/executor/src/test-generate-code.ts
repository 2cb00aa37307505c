import { TYPE_CODE } from "./module-types.ts";
import { ModuleWriter } from "./module-writer.ts";
import { OPERATIONS, type Operation } from "./test-operations.ts";
import type { TestRandom } from "./test-random.ts";

/** The types of a generated function, by letter. */
export interface GeneratedFunction {
  readonly parameters: string;
  readonly results: string;
}

/** What a generated function may name. */
export interface CodeScope {
  /** Its own number. */
  readonly index: number;
  readonly functions: readonly GeneratedFunction[];
  readonly globals: string;
  readonly tight: boolean;
}

const LETTERS = ["i", "I", "f", "F", "v"];
const LOCALS = 10;
const MAX_DEPTH = 5;
const MAX_BODY_BYTES = 6_000;
const BY_RESULT = new Map(
  LETTERS.map((letter) => [letter, OPERATIONS.filter(({ leaves }) => leaves === letter)]),
);
/** By type: loads that leave it, and stores that take it. */
const LOADS: Readonly<Record<string, readonly number[]>> = {
  i: [0x28, 0x2c, 0x2d, 0x2e, 0x2f],
  I: [0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35],
  f: [0x2a],
  F: [0x2b],
};
const STORES: Readonly<Record<string, readonly number[]>> = {
  i: [0x36, 0x3a, 0x3b],
  I: [0x37, 0x3c, 0x3d, 0x3e],
  f: [0x38],
  F: [0x39],
};

/** The body of a function: locals and code, with its end. */
export function generateCode(random: TestRandom, scope: CodeScope): Uint8Array {
  return new CodeGenerator(random, scope).generate();
}

class CodeGenerator {
  readonly #random: TestRandom;
  readonly #scope: CodeScope;
  readonly #out = new ModuleWriter(1_000_000);
  /** Types of locals, parameters first. */
  readonly #locals: string;
  /** What a branch to each open block carries, the innermost last; undefined for loops. */
  readonly #labels: (string | undefined)[] = [];

  constructor(random: TestRandom, scope: CodeScope) {
    this.#random = random;
    this.#scope = scope;
    const own = Array.from({ length: LOCALS }, (_, index) => LETTERS[index % LETTERS.length]).join("");
    this.#locals = `${scope.functions[scope.index]?.parameters ?? ""}${own}`;
  }

  generate(): Uint8Array {
    const results = this.#scope.functions[this.#scope.index]?.results ?? "";
    const out = this.#out;
    out.u32(LOCALS);
    for (const letter of this.#locals.slice(-LOCALS)) out.op(1, TYPE_CODE[letter] ?? 0);
    this.#labels.push(results);
    this.#spendBudget(() => out.u8(0x00));
    for (let left = 4 + this.#random.below(8); left > 0; left -= 1) this.#statement(0);
    for (const letter of results) this.#value(letter, 1);
    out.u8(0x0b);
    return out.written();
  }

  /** Takes one from the module's own budget, and does `stop` where nothing is left. */
  #spendBudget(stop: () => void): void {
    this.#out.op(0x23, 0, 0x41, 1, 0x6b, 0x24, 0, 0x23, 0, 0x41, 0, 0x48, 0x04, 0x40);
    this.#labels.push("");
    stop();
    this.#labels.pop();
    this.#out.u8(0x0b);
  }

  #statement(depth: number): void {
    const small = depth >= MAX_DEPTH || this.#out.length > MAX_BODY_BYTES;
    const kind = this.#random.below(small ? 6 : 14);
    if (kind <= 1) this.#setLocal(depth);
    else if (kind === 2) this.#store(depth);
    else if (kind === 3) this.#setGlobal(depth);
    else if (kind === 4) {
      this.#value(this.#random.pick(LETTERS), depth + 1);
      this.#out.u8(0x1a);
    } else if (kind === 5) this.#branch(depth);
    else if (kind <= 7) this.#block(depth);
    else if (kind <= 9) this.#if(depth);
    else if (kind <= 11) this.#loop(depth);
    else if (kind === 12) this.#bulk(depth);
    else this.#call(depth, "");
  }

  #setLocal(depth: number): void {
    const index = this.#random.below(this.#locals.length);
    this.#value(this.#locals[index] ?? "i", depth + 1);
    this.#out.op(0x21, index);
  }

  #setGlobal(depth: number): void {
    const index = 1 + this.#random.below(this.#scope.globals.length - 1);
    this.#seenValue(this.#scope.globals[index] ?? "i", depth + 1);
    this.#out.op(0x24, index);
  }

  #address(depth: number): void {
    this.#value("i", depth + 1);
    // Most accesses are inside of the first page, a few anywhere.
    if (this.#random.below(30) > 0) {
      this.#out.op(0x41);
      this.#out.signed(0x3ff);
      this.#out.u8(0x71);
    }
  }

  #store(depth: number): void {
    const letter = this.#random.pick(LETTERS);
    this.#address(depth);
    this.#seenValue(letter, depth + 1);
    if (letter === "v") this.#out.op(0xfd, 11, 0, this.#random.below(64));
    else this.#out.op(this.#random.pick(STORES[letter] ?? []), 0, this.#random.below(64));
  }

  /** A branch, from inside of a block of its own, so that code goes on behind it. */
  #branch(depth: number): void {
    const out = this.#out;
    const at = this.#random.below(this.#labels.length);
    const label = this.#labels.at(-1 - at);
    if (label === undefined) return;
    out.op(0x02, 0x40);
    this.#labels.push("");
    for (const letter of label) this.#value(letter, depth + 1);
    const kind = this.#random.below(4);
    if (kind === 0) {
      this.#value("i", depth + 1);
      out.op(0x0e, 1, at + 1, at + 1);
    } else if (kind === 1 && at === this.#labels.length - 2) out.u8(0x0f);
    else if (kind === 1) out.op(0x0c, at + 1);
    else {
      this.#value("i", depth + 1);
      out.op(0x0d, at + 1);
      for (const _ of label) out.u8(0x1a);
    }
    this.#labels.pop();
    out.u8(0x0b);
  }

  #block(depth: number): void {
    this.#out.op(0x02, 0x40);
    this.#inside(() => this.#statement(depth + 1));
    this.#out.u8(0x0b);
  }

  #if(depth: number): void {
    this.#value("i", depth + 1);
    this.#out.op(0x04, 0x40);
    this.#inside(() => this.#statement(depth + 1));
    if (this.#random.below(2) === 0) {
      this.#out.u8(0x05);
      this.#inside(() => this.#statement(depth + 1));
    }
    this.#out.u8(0x0b);
  }

  #inside(generate: () => void): void {
    this.#labels.push("");
    for (let left = 1 + this.#random.below(3); left > 0; left -= 1) generate();
    this.#labels.pop();
  }

  #loop(depth: number): void {
    this.#out.op(0x02, 0x40, 0x03, 0x40);
    this.#labels.push("");
    this.#labels.push(undefined);
    this.#spendBudget(() => this.#out.op(0x0c, 2));
    this.#statement(depth + 1);
    this.#statement(depth + 1);
    this.#value("i", depth + 1);
    this.#out.op(0x41, 7, 0x71, 0x0d, 0, 0x0b, 0x0b);
    this.#labels.pop();
    this.#labels.pop();
  }

  #bulk(depth: number): void {
    const kind = this.#random.below(5);
    if (kind === 0) {
      this.#out.op(0x41, this.#random.below(3), 0x40, 0, 0x1a);
      return;
    }
    if (kind === 1) {
      this.#out.op(0xd0, 0x70, 0x41, this.#random.below(5), 0xfc, 15, 0, 0x1a);
      return;
    }
    this.#address(depth);
    if (kind === 2) {
      this.#value("i", depth + 1);
      this.#out.op(0x41, this.#random.below(60), 0xfc, 11, 0);
    } else if (kind === 3) {
      this.#address(depth);
      this.#out.op(0x41, this.#random.below(60), 0xfc, 10, 0, 0);
    } else this.#out.op(0x41, 8, 0x41, this.#random.below(40), 0xfc, 8, 1, 0);
  }

  /** A call of any function, whose results are dropped, but for the first if it is of type `wanted`. */
  #call(depth: number, wanted: string): boolean {
    const { functions } = this.#scope;
    const callees = functions.map((_, index) => index).filter((index) => index > 0);
    const fitting = callees.filter((index) => (functions[index]?.results ?? "").startsWith(wanted));
    if (fitting.length === 0 || depth >= MAX_DEPTH) return false;
    const index = this.#random.pick(fitting);
    const { parameters, results } = functions[index] ?? { parameters: "", results: "" };
    for (const letter of parameters) this.#value(letter, depth + 1);
    if (this.#random.below(2) === 0) this.#out.op(0x10, index);
    else this.#out.op(0x41, index, 0x11, index, 0);
    for (let left = results.length - wanted.length; left > 0; left -= 1) this.#out.u8(0x1a);
    return true;
  }

  /** A value whose bits are about to be seen. */
  #seenValue(letter: string, depth: number): void {
    this.#value(letter, depth);
    if (this.#scope.tight) this.#canonical(letter);
  }

  /** Makes the value on top canonical, by code of the module's own. */
  #canonical(letter: string): void {
    if (letter !== "f" && letter !== "F") return;
    const local = this.#locals.length - LOCALS + LETTERS.indexOf(letter);
    this.#out.op(0x22, local);
    if (letter === "f") this.#out.op(0x43, 0, 0, 0xc0, 0x7f, 0x20, local, 0x20, local, 0x5b, 0x1b);
    else this.#out.op(0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 0x20, local, 0x20, local, 0x61, 0x1b);
  }

  /** Makes all lanes of a vector that float arithmetic left canonical. */
  #canonicalLanes(wide: boolean): void {
    const local = this.#locals.length - LOCALS + LETTERS.indexOf("v");
    this.#out.op(0x22, local, 0xfd, 12);
    for (let lane = 0; lane < (wide ? 2 : 4); lane += 1) {
      this.#out.op(...(wide ? [0, 0, 0, 0, 0, 0, 0xf8, 0x7f] : [0, 0, 0xc0, 0x7f]));
    }
    // What the local held meanwhile is not canonical, and a vector's bits are seen wherever it goes.
    this.#out.op(0x20, local, 0x20, local, 0xfd, wide ? 71 : 65, 0xfd, 82, 0x22, local);
  }

  #value(letter: string, depth: number): void {
    const leaf = depth >= MAX_DEPTH || this.#out.length > MAX_BODY_BYTES;
    const kind = this.#random.below(leaf ? 4 : 20);
    if (kind === 0) this.#constant(letter);
    else if (kind <= 2) this.#local(letter);
    else if (kind === 3) this.#global(letter);
    else if (kind <= 5) this.#load(letter, depth);
    else if (kind === 6) this.#select(letter, depth);
    else if (kind === 7) this.#typedBlock(letter, depth);
    else if (kind === 8 && this.#call(depth + 1, letter)) return;
    else this.#operation(letter, depth);
  }

  #constant(letter: string): void {
    const { below } = this.#random;
    if (letter === "i" || letter === "I") {
      this.#out.u8(letter === "i" ? 0x41 : 0x42);
      this.#out.signed(below(3) === 0 ? below(2 ** 31) - 2 ** 30 : below(40) - 8);
    } else if (letter === "f")
      this.#out.op(
        0x43,
        below(256),
        below(256),
        this.#high(),
        this.#random.pick([0x3f, 0x7f, 0xff, 0x40, 0]),
      );
    else if (letter === "F") {
      this.#out.op(
        0x44,
        below(256),
        0,
        0,
        below(256),
        0,
        0,
        this.#high(),
        this.#random.pick([0x3f, 0x7f, 0xff, 0x40, 0]),
      );
    } else {
      this.#out.op(0xfd, 12);
      for (let left = 16; left > 0; left -= 1)
        this.#out.u8(this.#random.pick([0, 0x7f, 0xff, 0x80, 0x3f, below(256)]));
    }
  }

  #high(): number {
    return this.#random.pick([0, 0x80, 0xc0, 0xf0, 0xf8, 0xa0, this.#random.below(256)]);
  }

  #local(letter: string): void {
    const fitting = Array.from(this.#locals).flatMap((type, index) => (type === letter ? [index] : []));
    const index = this.#random.pick(fitting);
    this.#out.op(0x20, index);
    if (this.#random.below(4) === 0) this.#out.op(0x22, this.#random.pick(fitting));
  }

  #global(letter: string): void {
    const all = Array.from(this.#scope.globals).flatMap((type, index) =>
      type === letter && index > 0 ? [index] : [],
    );
    this.#out.op(0x23, this.#random.pick(all));
  }

  #load(letter: string, depth: number): void {
    this.#address(depth);
    if (letter === "v") this.#out.op(0xfd, this.#random.below(11), 0, this.#random.below(64));
    else this.#out.op(this.#random.pick(LOADS[letter] ?? []), 0, this.#random.below(64));
  }

  #select(letter: string, depth: number): void {
    this.#value(letter, depth + 1);
    this.#value(letter, depth + 1);
    this.#value("i", depth + 1);
    if (this.#random.below(2) === 0) this.#out.op(0x1b);
    else this.#out.op(0x1c, 1, TYPE_CODE[letter] ?? 0);
  }

  #typedBlock(letter: string, depth: number): void {
    const type = TYPE_CODE[letter] ?? 0;
    if (this.#random.below(2) === 0) {
      this.#out.op(0x02, type);
      this.#labels.push(letter);
      this.#statement(depth + 1);
      this.#value(letter, depth + 1);
      this.#labels.pop();
    } else {
      this.#value("i", depth + 1);
      this.#out.op(0x04, type);
      this.#labels.push(letter);
      this.#value(letter, depth + 1);
      this.#out.u8(0x05);
      this.#value(letter, depth + 1);
      this.#labels.pop();
    }
    this.#out.u8(0x0b);
  }

  #operation(letter: string, depth: number): void {
    const all: readonly Operation[] = BY_RESULT.get(letter) ?? [];
    const operation = this.#random.pick(all);
    for (const taken of operation.takes) {
      if (operation.floats === "sees") this.#seenValue(taken, depth + 1);
      else this.#value(taken, depth + 1);
    }
    this.#out.op(...operation.code);
    for (let left = operation.laneCount; left > 0; left -= 1) {
      this.#out.u8(this.#random.below(operation.lanes));
    }
    if (this.#scope.tight && letter === "v" && operation.floats === "makes") {
      this.#canonicalLanes(WIDE.has(operation.code[1] ?? 0) || isWide(operation.code));
    }
  }
}

/** Operations of f64x2 among those that make NaNs, by number. */
const WIDE: ReadonlySet<number> = new Set([95, 116, 117, 122]);

function isWide(code: readonly number[]): boolean {
  const number = ((code[2] ?? 0) << 7) | ((code[1] ?? 0) & 0x7f);
  return code.length === 3 && (number === 148 || (number >= 239 && number <= 245));
}
