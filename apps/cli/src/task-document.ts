import type { ApiSpec } from "@gadus/client";
import type { ResultPath } from "./parse-input.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The options of a job with one task that go into its document, whatever its engine. */
export interface TaskOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cpu?: string;
  readonly memory?: string;
  readonly disk?: string;
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
}

/** What a task reads, as its document says it. */
export interface TaskInput {
  readonly Source: ApiSpec;
  readonly Target: string;
}

/** What is the engine's own in a task's document. */
export interface TaskParts {
  readonly Engine: ApiSpec;
  readonly Env?: Readonly<Record<string, string>> | undefined;
  readonly Network?: Fields | undefined;
}

/** The job document of one task with `parts`; what isn't given is left to the node. */
export function makeTaskDocument(
  parts: TaskParts,
  inputs: readonly TaskInput[],
  resultPaths: readonly ResultPath[],
  options: TaskOptions,
): Fields {
  const { concurrency, confidence, minBids, cpu, memory, disk } = options;
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
        ...parts,
        InputSources: inputs,
        ResultPaths: resultPaths.map(({ name, path }) => ({ Name: name, Path: path })),
        Resources: given({ CPU: cpu, Memory: memory, Disk: disk }),
        Timeouts: given({ ExecutionTimeout: options.timeout }),
        Publisher: spec(options.publisher),
      }),
    ],
  });
}

function spec(type: string | undefined): { readonly Type: string } | undefined {
  return type === undefined ? undefined : { Type: type };
}

/** `fields` without those that have no value. */
export function given(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
