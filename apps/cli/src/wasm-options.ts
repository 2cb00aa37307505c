import type { TaskRunOptions } from "./submit-task.ts";
import type { WasmRunOptions } from "./wasm-document.ts";

/** The options of `wasm run`. */
export interface WasmOptions extends TaskRunOptions, WasmRunOptions {
  readonly local?: boolean;
  readonly dir?: readonly string[];
  readonly jobId?: string;
  /** True unless `--no-rewrite` is given. */
  readonly rewrite?: boolean;
  readonly api?: string;
}

interface NamedOption {
  readonly key: keyof WasmOptions;
  readonly flag: string;
  /** What it has where it isn't given. @default undefined */
  readonly unset?: boolean;
}

/** The first of `named` that is among what was given. */
export function findGiven(options: WasmOptions, named: readonly NamedOption[]): NamedOption | undefined {
  return named.find(({ key, unset }) => options[key] !== unset);
}

/** What makes sense with a network only. */
export const NETWORK_OPTIONS: readonly NamedOption[] = [
  { key: "api", flag: "--api" },
  { key: "detach", flag: "--detach" },
  { key: "waitAll", flag: "--wait-all" },
  { key: "follow", flag: "--follow" },
  { key: "force", flag: "--force" },
  { key: "concurrency", flag: "--concurrency" },
  { key: "confidence", flag: "--confidence" },
  { key: "minBids", flag: "--min-bids" },
  { key: "verifier", flag: "--verifier" },
  { key: "publisher", flag: "--publisher" },
  { key: "count", flag: "--count" },
  { key: "dryRun", flag: "--dry-run" },
];

/** What makes sense with `--local` only. */
export const LOCAL_OPTIONS: readonly NamedOption[] = [
  { key: "dir", flag: "--dir" },
  { key: "jobId", flag: "--job-id" },
  { key: "rewrite", flag: "--no-rewrite", unset: true },
];
