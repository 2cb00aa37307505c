import type { ResultPath } from "./parse-input.ts";
import { given, makeTaskDocument, type TaskInput, type TaskOptions } from "./task-document.ts";

/** Where the module is, inside the job. */
export const MODULE_TARGET = "/module.wasm";

/** The options of `wasm run` that go into the job document. */
export interface WasmRunOptions extends TaskOptions {
  readonly entry: string;
  readonly fuel?: number;
  /** Paths of modules that the module imports from. */
  readonly import?: readonly string[];
  /** In hex. */
  readonly seed?: string;
  /** ISO text, or milliseconds since 1970. */
  readonly epoch?: string;
}

/** The job document of a module that is among `inputs` at {@link MODULE_TARGET}; what isn't given is left to the node. */
export function makeWasmDocument(
  parameters: readonly string[],
  inputs: readonly TaskInput[],
  resultPaths: readonly ResultPath[],
  options: WasmRunOptions,
): Readonly<Record<string, unknown>> {
  const Params = given({
    EntryModule: MODULE_TARGET,
    Entrypoint: options.entry,
    Parameters: parameters,
    ImportModules: options.import,
    Fuel: options.fuel,
    Seed: options.seed,
    Epoch: options.epoch === undefined ? undefined : epochOf(options.epoch),
  });
  const parts = { Engine: { Type: "wasm", Params }, Env: options.env };
  return makeTaskDocument(parts, inputs, resultPaths, options);
}

function epochOf(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}
