import { wasmJob } from "../e2e/jobs.ts";

/** What one job is to do. */
export interface Work {
  readonly name: string;
  /** Where the module's generator starts; not 0. */
  readonly seed: number;
  /** How long it goes on: some hundred million take a second. */
  readonly steps: number;
  readonly concurrency: number;
}

/** How long jobs wait for nodes that are down; less than a test waits for their end. */
const QUEUE_SECONDS = 40;
const EXECUTION_SECONDS = 60;

/** The document of a job that does `work` in WebAssembly. */
export function workJob({ name, seed, steps, concurrency }: Work): Record<string, unknown> {
  const more = { Name: name, Deal: { Concurrency: concurrency }, Verifier: { Type: "deterministic" } };
  const document = wasmJob("work", more, {
    Timeouts: { QueueTimeout: QUEUE_SECONDS, ExecutionTimeout: EXECUTION_SECONDS },
    Publisher: { Type: "ipfs" },
  });
  const [task] = document.Tasks as { readonly Engine: { readonly Params: Record<string, unknown> } }[];
  if (task !== undefined) task.Engine.Params.Parameters = [String(steps), String(seed)];
  return document;
}

const known = new Map<string, string>();

/** What `work` writes to its standard output, found without the module. */
export function outputOf({ seed, steps }: Pick<Work, "seed" | "steps">): string {
  const key = `${seed} ${steps}`;
  const output = known.get(key) ?? walk(seed, steps);
  known.set(key, output);
  return output;
}

function walk(seed: number, steps: number): string {
  let state = seed | 0;
  for (let step = 0; step < steps; step += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  return `${(state >>> 0).toString(16).padStart(8, "0")}\n`;
}
