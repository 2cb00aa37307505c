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

export const LETTERS = ["i", "I", "f", "F", "v"];
export const LOCALS = 10;
export const MAX_DEPTH = 5;
export const MAX_BODY_BYTES = 6_000;
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

/** Generates values of every type, through what leaves one: operations, loads, blocks and calls. */
export abstract class ValueGenerator {
  protected readonly random: TestRandom;
  protected readonly scope: CodeScope;
  protected readonly out = new ModuleWriter(1_000_000);
  /** Types of locals, parameters first. */
  protected readonly locals: string;
  /** What a branch to each open block carries, the innermost last; undefined for loops. */
  protected readonly labels: (string | undefined)[] = [];

  constructor(random: TestRandom, scope: CodeScope) {
    this.random = random;
    this.scope = scope;
    const own = Array.from({ length: LOCALS }, (_, index) => LETTERS[index % LETTERS.length]).join("");
    this.locals = `${scope.functions[scope.index]?.parameters ?? ""}${own}`;
  }

  protected abstract statement(depth: number): void;

  /** A call of any function, whose results are dropped, but for the first if it is of type `wanted`. */
  protected abstract call(depth: number, wanted: string): boolean;

  protected address(depth: number): void {
    this.value("i", depth + 1);
    // Most accesses are inside of the first page, a few anywhere.
    if (this.random.below(30) > 0) {
      this.out.op(0x41);
      this.out.signed(0x3ff);
      this.out.u8(0x71);
    }
  }

  /** A value whose bits are about to be seen. */
  protected seenValue(letter: string, depth: number): void {
    this.value(letter, depth);
    if (this.scope.tight) this.canonical(letter);
  }

  /** Makes the value on top canonical, by code of the module's own. */
  protected canonical(letter: string): void {
    if (letter !== "f" && letter !== "F") return;
    const local = this.locals.length - LOCALS + LETTERS.indexOf(letter);
    this.out.op(0x22, local);
    if (letter === "f") this.out.op(0x43, 0, 0, 0xc0, 0x7f, 0x20, local, 0x20, local, 0x5b, 0x1b);
    else this.out.op(0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 0x20, local, 0x20, local, 0x61, 0x1b);
  }

  /** Makes all lanes of a vector that float arithmetic left canonical. */
  protected canonicalLanes(wide: boolean): void {
    const local = this.locals.length - LOCALS + LETTERS.indexOf("v");
    this.out.op(0x22, local, 0xfd, 12);
    for (let lane = 0; lane < (wide ? 2 : 4); lane += 1) {
      this.out.op(...(wide ? [0, 0, 0, 0, 0, 0, 0xf8, 0x7f] : [0, 0, 0xc0, 0x7f]));
    }
    // What the local held meanwhile is not canonical, and a vector's bits are seen wherever it goes.
    this.out.op(0x20, local, 0x20, local, 0xfd, wide ? 71 : 65, 0xfd, 82, 0x22, local);
  }

  protected value(letter: string, depth: number): void {
    const leaf = depth >= MAX_DEPTH || this.out.length > MAX_BODY_BYTES;
    const kind = this.random.below(leaf ? 4 : 20);
    if (kind === 0) this.constant(letter);
    else if (kind <= 2) this.local(letter);
    else if (kind === 3) this.global(letter);
    else if (kind <= 5) this.load(letter, depth);
    else if (kind === 6) this.select(letter, depth);
    else if (kind === 7) this.typedBlock(letter, depth);
    else if (kind === 8 && this.call(depth + 1, letter)) return;
    else this.operation(letter, depth);
  }

  protected constant(letter: string): void {
    const { below } = this.random;
    if (letter === "i" || letter === "I") {
      this.out.u8(letter === "i" ? 0x41 : 0x42);
      this.out.signed(below(3) === 0 ? below(2 ** 31) - 2 ** 30 : below(40) - 8);
    } else if (letter === "f")
      this.out.op(0x43, below(256), below(256), this.high(), this.random.pick([0x3f, 0x7f, 0xff, 0x40, 0]));
    else if (letter === "F") {
      this.out.op(
        0x44,
        below(256),
        0,
        0,
        below(256),
        0,
        0,
        this.high(),
        this.random.pick([0x3f, 0x7f, 0xff, 0x40, 0]),
      );
    } else {
      this.out.op(0xfd, 12);
      for (let left = 16; left > 0; left -= 1)
        this.out.u8(this.random.pick([0, 0x7f, 0xff, 0x80, 0x3f, below(256)]));
    }
  }

  protected high(): number {
    return this.random.pick([0, 0x80, 0xc0, 0xf0, 0xf8, 0xa0, this.random.below(256)]);
  }

  protected local(letter: string): void {
    const fitting = Array.from(this.locals).flatMap((type, index) => (type === letter ? [index] : []));
    const index = this.random.pick(fitting);
    this.out.op(0x20, index);
    if (this.random.below(4) === 0) this.out.op(0x22, this.random.pick(fitting));
  }

  protected global(letter: string): void {
    const all = Array.from(this.scope.globals).flatMap((type, index) =>
      type === letter && index > 0 ? [index] : [],
    );
    this.out.op(0x23, this.random.pick(all));
  }

  protected load(letter: string, depth: number): void {
    this.address(depth);
    if (letter === "v") this.out.op(0xfd, this.random.below(11), 0, this.random.below(64));
    else this.out.op(this.random.pick(LOADS[letter] ?? []), 0, this.random.below(64));
  }

  protected select(letter: string, depth: number): void {
    this.value(letter, depth + 1);
    this.value(letter, depth + 1);
    this.value("i", depth + 1);
    if (this.random.below(2) === 0) this.out.op(0x1b);
    else this.out.op(0x1c, 1, TYPE_CODE[letter] ?? 0);
  }

  protected typedBlock(letter: string, depth: number): void {
    const type = TYPE_CODE[letter] ?? 0;
    if (this.random.below(2) === 0) {
      this.out.op(0x02, type);
      this.labels.push(letter);
      this.statement(depth + 1);
      this.value(letter, depth + 1);
      this.labels.pop();
    } else {
      this.value("i", depth + 1);
      this.out.op(0x04, type);
      this.labels.push(letter);
      this.value(letter, depth + 1);
      this.out.u8(0x05);
      this.value(letter, depth + 1);
      this.labels.pop();
    }
    this.out.u8(0x0b);
  }

  protected operation(letter: string, depth: number): void {
    const all: readonly Operation[] = BY_RESULT.get(letter) ?? [];
    const operation = this.random.pick(all);
    for (const taken of operation.takes) {
      if (operation.floats === "sees") this.seenValue(taken, depth + 1);
      else this.value(taken, depth + 1);
    }
    this.out.op(...operation.code);
    for (let left = operation.laneCount; left > 0; left -= 1) {
      this.out.u8(this.random.below(operation.lanes));
    }
    if (this.scope.tight && letter === "v" && operation.floats === "makes") {
      this.canonicalLanes(WIDE.has(operation.code[1] ?? 0) || isWide(operation.code));
    }
  }
}

/** Operations of f64x2 among those that make NaNs, by number. */
const WIDE: ReadonlySet<number> = new Set([95, 116, 117, 122]);

function isWide(code: readonly number[]): boolean {
  const number = ((code[2] ?? 0) << 7) | ((code[1] ?? 0) & 0x7f);
  return code.length === 3 && (number === 148 || (number >= 239 && number <= 245));
}
