import type { ApiSpec } from "./api-types.ts";
import type { ResultPath } from "./parse-input.ts";

/** Where the module is, inside the job. */
export const MODULE_TARGET = "/module.wasm";

/** The options of `wasm run` that go into the job document. */
export interface WasmRunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly entry: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly disk?: string;
  readonly fuel?: number;
  /** Seconds. */
  readonly timeout?: number;
  readonly concurrency?: number;
  readonly confidence?: number;
  readonly minBids?: number;
  readonly verifier?: string;
  readonly publisher?: string;
  readonly count?: number;
  readonly name?: string;
  readonly label?: Readonly<Record<string, string>>;
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
  inputs: readonly { readonly Source: ApiSpec; readonly Target: string }[],
  resultPaths: readonly ResultPath[],
  options: WasmRunOptions,
): Readonly<Record<string, unknown>> {
  const { concurrency, confidence, minBids, cpu, memory, disk, fuel } = options;
  return given({
    Name: options.name,
    Type: "batch",
    Count: options.count,
    Labels: options.label,
    Deal: given({ Concurrency: concurrency, Confidence: confidence, MinBids: minBids }),
    Verifier: spec(options.verifier),
    Tasks: [
      given({
        Name: "main",
        Engine: {
          Type: "wasm",
          Params: given({
            EntryModule: MODULE_TARGET,
            Entrypoint: options.entry,
            Parameters: parameters,
            ImportModules: options.import,
            Fuel: fuel,
            Seed: options.seed,
            Epoch: options.epoch === undefined ? undefined : epochOf(options.epoch),
          }),
        },
        Env: options.env,
        InputSources: inputs,
        ResultPaths: resultPaths.map(({ name, path }) => ({ Name: name, Path: path })),
        Resources: given({ CPU: cpu, Memory: memory, Disk: disk }),
        Timeouts: given({ ExecutionTimeout: options.timeout }),
        Publisher: spec(options.publisher),
      }),
    ],
  });
}

function epochOf(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function spec(type: string | undefined): ApiSpec | undefined {
  return type === undefined ? undefined : { Type: type };
}

function given(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
