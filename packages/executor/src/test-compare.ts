import { createHash } from "node:crypto";
import { rewriteModule } from "./rewrite-module.ts";
import { RESERVED, type RewriteOptions } from "./rewrite-options.ts";
import { generateModule, GLOBAL_TYPES } from "./test-generate-module.ts";

/** What is rewritten for in these tests. */
export const TEST_OPTIONS: RewriteOptions = {
  maxMemoryPages: 64,
  maxTableElements: 10_000,
  maxFrameSlots: 1_000_000,
  linked: false,
};
const FUEL = 1_000_000_000n;

/** What is left of a generated module that has run. */
export interface Remains {
  /** Of its memory and globals, and whether it trapped. */
  readonly digest: string;
  /** Of a rewritten one. */
  readonly fuelUsed: number | undefined;
}

/** Runs `bytes`, a generated module, as it is or rewritten. */
export function remainsOf(bytes: Uint8Array): Remains {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {});
  const { run, memory } = exports;
  const meter = exports[RESERVED.fuel];
  if (meter instanceof WebAssembly.Global) meter.value = FUEL;
  if (typeof run !== "function" || !(memory instanceof WebAssembly.Memory))
    throw new TypeError("not generated");
  const hash = createHash("sha256");
  hash.update(endingOf(run as () => void));
  hash.update(new Uint8Array(memory.buffer));
  for (const [index, letter] of Array.from(GLOBAL_TYPES).entries()) {
    // A vector can't be seen from outside.
    if (letter !== "v") hash.update(valueOf(exports[`g${index}`]));
  }
  const used = meter instanceof WebAssembly.Global ? Number(FUEL - BigInt(String(meter.value))) : undefined;
  return { digest: hash.digest("hex"), fuelUsed: used };
}

/** What is left of generated module `seed`, rewritten. */
export function rewrittenRemains(seed: number, tight: boolean): Remains {
  return remainsOf(rewriteModule(generateModule(seed, { tight }), TEST_OPTIONS).bytes);
}

function endingOf(run: () => void): string {
  try {
    run();
    return "returned";
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return "trapped";
    throw error;
  }
}

/** As text, which no NaN's bits show in; memory shows them. */
function valueOf(global: unknown): string {
  return global instanceof WebAssembly.Global ? String(global.value) : "";
}
