import { rewriteModule } from "./rewrite-module.ts";
import { RESERVED, type RewriteOptions } from "./rewrite-options.ts";
import { TEST_OPTIONS } from "./test-compare.ts";
import { compileWat } from "./test-wasm.ts";

/** A rewritten module at work: what it exports, and its meters. */
export interface MeteredModule {
  /** Calls export `name`: what it answers, or "trap". */
  call(name: string, ...args: readonly unknown[]): unknown;
  fuelUsed(): number;
  /** Slots that frames under way have left. */
  depthLeft(): number;
  readonly exports: Record<string, unknown>;
}

const MUCH_FUEL = 1_000_000_000;

/** An instance of the module in `text`, rewritten, with `fuel`. */
export async function meteredModule(
  text: string,
  options: Partial<RewriteOptions> = {},
  fuel = MUCH_FUEL,
): Promise<MeteredModule> {
  const { bytes } = rewriteModule(await compileWat(text), { ...TEST_OPTIONS, ...options });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {});
  const meter = globalOf(exports[RESERVED.fuel]);
  const depth = globalOf(exports[RESERVED.depth]);
  meter.value = BigInt(fuel);
  return {
    exports,
    fuelUsed: () => fuel - Number(meter.value),
    depthLeft: () => Number(depth.value),
    call: (name, ...args) => {
      const called = exports[name];
      if (typeof called !== "function") throw new TypeError(`there is no ${name}`);
      try {
        return Reflect.apply(called, undefined, args) as unknown;
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) return "trap";
        throw error;
      }
    },
  };
}

function globalOf(value: unknown): WebAssembly.Global {
  if (value instanceof WebAssembly.Global) return value;
  throw new TypeError("the module was not rewritten");
}
