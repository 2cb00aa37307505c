import { TYPE_CODE } from "./module-types.ts";
import {
  type CodeScope,
  LETTERS,
  LOCALS,
  MAX_BODY_BYTES,
  MAX_DEPTH,
  ValueGenerator,
} from "./test-generate-values.ts";
import type { TestRandom } from "./test-random.ts";

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

class CodeGenerator extends ValueGenerator {
  generate(): Uint8Array {
    const results = this.scope.functions[this.scope.index]?.results ?? "";
    const out = this.out;
    out.u32(LOCALS);
    for (const letter of this.locals.slice(-LOCALS)) out.op(1, TYPE_CODE[letter] ?? 0);
    this.labels.push(results);
    this.spendBudget(() => out.u8(0x00));
    for (let left = 4 + this.random.below(8); left > 0; left -= 1) this.statement(0);
    for (const letter of results) this.value(letter, 1);
    out.u8(0x0b);
    return out.written();
  }

  /** Takes one from the module's own budget, and does `stop` where nothing is left. */
  protected spendBudget(stop: () => void): void {
    this.out.op(0x23, 0, 0x41, 1, 0x6b, 0x24, 0, 0x23, 0, 0x41, 0, 0x48, 0x04, 0x40);
    this.labels.push("");
    stop();
    this.labels.pop();
    this.out.u8(0x0b);
  }

  protected statement(depth: number): void {
    const small = depth >= MAX_DEPTH || this.out.length > MAX_BODY_BYTES;
    const kind = this.random.below(small ? 6 : 14);
    if (kind <= 1) this.setLocal(depth);
    else if (kind === 2) this.store(depth);
    else if (kind === 3) this.setGlobal(depth);
    else if (kind === 4) {
      this.value(this.random.pick(LETTERS), depth + 1);
      this.out.u8(0x1a);
    } else if (kind === 5) this.branch(depth);
    else if (kind <= 7) this.block(depth);
    else if (kind <= 9) this.if(depth);
    else if (kind <= 11) this.loop(depth);
    else if (kind === 12) this.bulk(depth);
    else this.call(depth, "");
  }

  protected setLocal(depth: number): void {
    const index = this.random.below(this.locals.length);
    this.value(this.locals[index] ?? "i", depth + 1);
    this.out.op(0x21, index);
  }

  protected setGlobal(depth: number): void {
    const index = 1 + this.random.below(this.scope.globals.length - 1);
    this.seenValue(this.scope.globals[index] ?? "i", depth + 1);
    this.out.op(0x24, index);
  }

  protected store(depth: number): void {
    const letter = this.random.pick(LETTERS);
    this.address(depth);
    this.seenValue(letter, depth + 1);
    if (letter === "v") this.out.op(0xfd, 11, 0, this.random.below(64));
    else this.out.op(this.random.pick(STORES[letter] ?? []), 0, this.random.below(64));
  }

  /** A branch, from inside of a block of its own, so that code goes on behind it. */
  protected branch(depth: number): void {
    const out = this.out;
    const at = this.random.below(this.labels.length);
    const label = this.labels.at(-1 - at);
    if (label === undefined) return;
    out.op(0x02, 0x40);
    this.labels.push("");
    for (const letter of label) this.value(letter, depth + 1);
    const kind = this.random.below(4);
    if (kind === 0) {
      this.value("i", depth + 1);
      out.op(0x0e, 1, at + 1, at + 1);
    } else if (kind === 1 && at === this.labels.length - 2) out.u8(0x0f);
    else if (kind === 1) out.op(0x0c, at + 1);
    else {
      this.value("i", depth + 1);
      out.op(0x0d, at + 1);
      for (const _ of label) out.u8(0x1a);
    }
    this.labels.pop();
    out.u8(0x0b);
  }

  protected block(depth: number): void {
    this.out.op(0x02, 0x40);
    this.inside(() => this.statement(depth + 1));
    this.out.u8(0x0b);
  }

  protected if(depth: number): void {
    this.value("i", depth + 1);
    this.out.op(0x04, 0x40);
    this.inside(() => this.statement(depth + 1));
    if (this.random.below(2) === 0) {
      this.out.u8(0x05);
      this.inside(() => this.statement(depth + 1));
    }
    this.out.u8(0x0b);
  }

  protected inside(generate: () => void): void {
    this.labels.push("");
    for (let left = 1 + this.random.below(3); left > 0; left -= 1) generate();
    this.labels.pop();
  }

  protected loop(depth: number): void {
    this.out.op(0x02, 0x40, 0x03, 0x40);
    this.labels.push("");
    this.labels.push(undefined);
    this.spendBudget(() => this.out.op(0x0c, 2));
    this.statement(depth + 1);
    this.statement(depth + 1);
    this.value("i", depth + 1);
    this.out.op(0x41, 7, 0x71, 0x0d, 0, 0x0b, 0x0b);
    this.labels.pop();
    this.labels.pop();
  }

  protected bulk(depth: number): void {
    const kind = this.random.below(5);
    if (kind === 0) {
      this.out.op(0x41, this.random.below(3), 0x40, 0, 0x1a);
      return;
    }
    if (kind === 1) {
      this.out.op(0xd0, 0x70, 0x41, this.random.below(5), 0xfc, 15, 0, 0x1a);
      return;
    }
    this.address(depth);
    if (kind === 2) {
      this.value("i", depth + 1);
      this.out.op(0x41, this.random.below(60), 0xfc, 11, 0);
    } else if (kind === 3) {
      this.address(depth);
      this.out.op(0x41, this.random.below(60), 0xfc, 10, 0, 0);
    } else this.out.op(0x41, 8, 0x41, this.random.below(40), 0xfc, 8, 1, 0);
  }

  /** A call of any function, whose results are dropped, but for the first if it is of type `wanted`. */
  protected call(depth: number, wanted: string): boolean {
    const { functions } = this.scope;
    const callees = functions.map((_, index) => index).filter((index) => index > 0);
    const fitting = callees.filter((index) => (functions[index]?.results ?? "").startsWith(wanted));
    if (fitting.length === 0 || depth >= MAX_DEPTH) return false;
    const index = this.random.pick(fitting);
    const { parameters, results } = functions[index] ?? { parameters: "", results: "" };
    for (const letter of parameters) this.value(letter, depth + 1);
    if (this.random.below(2) === 0) this.out.op(0x10, index);
    else this.out.op(0x41, index, 0x11, index, 0);
    for (let left = results.length - wanted.length; left > 0; left -= 1) this.out.u8(0x1a);
    return true;
  }
}
