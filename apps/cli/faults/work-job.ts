import { wasmJob } from "../e2e/jobs.ts";

/** What one job is to do. */
export interface Work {
  readonly name: string;
  /** Where the module's generator starts; not 0. */
  readonly seed: number;
  /** How long it goes on: some hundred million take a second. */
  readonly steps: number;
  readonly concurrency: number;
  /** Instead waits for so long, and needs no core for it. */
  readonly waitMs?: number;
}

/** How long jobs wait for nodes that are down; less than a test waits for their end. */
const QUEUE_SECONDS = 40;
const EXECUTION_SECONDS = 60;

/** The document of a job that does `work`, in WebAssembly unless it waits. */
export function workJob(work: Work): Record<string, unknown> {
  const more = { Name: work.name, Deal: { Concurrency: work.concurrency } };
  const moreOfTask = {
    Timeouts: { QueueTimeout: QUEUE_SECONDS, ExecutionTimeout: EXECUTION_SECONDS },
    Publisher: { Type: "ipfs" },
  };
  if (work.waitMs !== undefined) {
    const params = { Stdout: outputOf(work), DurationMs: work.waitMs };
    return { Type: "batch", ...more, Tasks: [{ Engine: { Type: "noop", Params: params }, ...moreOfTask }] };
  }
  const document = wasmJob("work", more, moreOfTask);
  const [task] = document.Tasks as { readonly Engine: { readonly Params: Record<string, unknown> } }[];
  if (task !== undefined) task.Engine.Params.Parameters = [String(work.steps), String(work.seed)];
  return document;
}

/** What `work` writes to its standard output, found without the module. */
export function outputOf({ seed, steps }: Pick<Work, "seed" | "steps">): string {
  let state = seed | 0;
  for (let step = 0; step < steps; step += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  return `${(state >>> 0).toString(16).padStart(8, "0")}\n`;
}
