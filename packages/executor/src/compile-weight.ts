import { tooLarge } from "./module-error.ts";

/** Bytes of one function's code, at most. V8 takes seven times as many, and a minute and more for some. */
export const MAX_FUNCTION_BYTES = 1024 * 1024;
/** Locals and operands, summed over all places of a function where control branches or joins. */
const MAX_JOINED_VALUES = 16_000_000;
/** Values that calls, blocks and branches of a function take and leave. */
const MAX_PASSED_VALUES = 131_072;
/** The same of a module. */
const MAX_MODULE_PASSED_VALUES = 64_000_000;
const MAX_LOOPS = 10_000;
/** Loops of a function, each counted as often as it stands in others, and once more. */
const MAX_NESTED_LOOPS = 2_000_000;

/**
 * What compiling one function after another asks of the engine beyond the time and memory that its bytes would.
 *
 * A compiler keeps all locals for each branch, and looks at loops and calls again and again: a module of some
 * kilobytes could take hours, during which its thread can't be ended, and more memory than there is, of which the
 * whole process dies. Within these limits a function takes two seconds and 1 GB in the worst known case. Compilers' output is far from
 * them: SQLite, esbuild and oxc come to 200,000 joined and 4,100 passed values at most, and 65 loops.
 */
export class CompileWeight {
  #joined = 0;
  #passed = 0;
  #modulePassed = 0;
  #loops = 0;
  #nestedLoops = 0;

  begin(): void {
    this.#joined = 0;
    this.#passed = 0;
    this.#loops = 0;
    this.#nestedLoops = 0;
  }

  /** Counts `ways` that control may go, each with `values` locals and operands. */
  join(values: number, ways: number): void {
    this.#joined += values * ways;
    if (this.#joined > MAX_JOINED_VALUES) {
      tooLarge(`a function branches with more than ${MAX_JOINED_VALUES} locals and operands in all`);
    }
  }

  /** Counts values that an instruction passes on. */
  pass(values: number): void {
    this.#passed += values;
    this.#modulePassed += values;
    if (this.#passed > MAX_PASSED_VALUES) {
      tooLarge(`calls and blocks of a function pass more than ${MAX_PASSED_VALUES} values`);
    }
    if (this.#modulePassed > MAX_MODULE_PASSED_VALUES) {
      tooLarge(`its calls and blocks pass more than ${MAX_MODULE_PASSED_VALUES} values`);
    }
  }

  /** Counts a loop that stands in `outer` others. */
  loop(outer: number): void {
    this.#loops += 1;
    this.#nestedLoops += outer + 1;
    if (this.#loops > MAX_LOOPS) tooLarge(`a function has more than ${MAX_LOOPS} loops`);
    if (this.#nestedLoops > MAX_NESTED_LOOPS) tooLarge("a function has too many loops within loops");
  }
}
