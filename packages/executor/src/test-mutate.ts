import { ModuleError } from "./module-error.ts";
import { rewriteModule } from "./rewrite-module.ts";
import { TEST_OPTIONS } from "./test-compare.ts";
import { type TestRandom, testRandom } from "./test-random.ts";

/** What came of a mutated binary. */
export type MutantEnding = "refused" | "invalid" | "rewritten";

/** One of `corpus`, changed in a few places by what `seed` says. */
export function mutant(corpus: readonly Uint8Array[], seed: number): Uint8Array {
  const random = testRandom(seed);
  let bytes: Uint8Array = random.pick(corpus).slice();
  for (let left = 1 + random.below(random.pick([2, 6, 30])); left > 0; left -= 1) {
    bytes = change(bytes, random.pick(corpus), random);
  }
  return bytes;
}

/**
 * Whether `bytes` is refused by the rewriter, is no valid module anyway, or is rewritten to a valid one.
 *
 * @throws for anything else: the rewriter failed
 */
export function endingOf(bytes: Uint8Array): MutantEnding {
  let rewritten: Uint8Array;
  try {
    rewritten = rewriteModule(bytes, TEST_OPTIONS).bytes;
  } catch (error) {
    if (error instanceof ModuleError) return "refused";
    throw error;
  }
  if (!WebAssembly.validate(bytes)) return "invalid";
  if (WebAssembly.validate(rewritten)) return "rewritten";
  throw new Error("a valid module became an invalid one");
}

function change(bytes: Uint8Array, other: Uint8Array, random: TestRandom): Uint8Array {
  const at = random.below(bytes.length || 1);
  const kind = random.below(7);
  if (kind <= 2) {
    bytes[at] = random.pick([
      random.below(256),
      (bytes[at] ?? 0) ^ (1 << random.below(8)),
      0,
      0x7f,
      0x80,
      0xff,
    ]);
    return bytes;
  }
  const length = 1 + random.below(random.pick([1, 4, 60]));
  if (kind === 3) return join(bytes.subarray(0, at), bytes.subarray(at + length));
  if (kind === 4) return join(bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at));
  if (kind === 5) {
    const from = random.below(other.length);
    return join(bytes.subarray(0, at), other.subarray(from, from + length), bytes.subarray(at));
  }
  return random.below(10) === 0 ? bytes.slice(0, at) : join(bytes, Uint8Array.of(random.below(256)));
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
