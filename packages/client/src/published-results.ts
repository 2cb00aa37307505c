import type { ApiExecution, ApiSpec } from "./api-types.ts";

/** What one partition of a job published. */
export interface PublishedResult {
  readonly partition: number;
  readonly result: ApiSpec;
}

/** The results of a job by partition, as far as they can be had; executions that published the same one count once. */
export function publishedResults(executions: readonly ApiExecution[]): readonly PublishedResult[] {
  const found = new Map<string, PublishedResult>();
  for (const { PartitionIndex, PublishedResult, ComputeState } of executions) {
    if (!PublishedResult?.Type || ComputeState.Details?.Retrievable === "false") continue;
    const partition = PartitionIndex ?? 0;
    const key = `${partition} ${PublishedResult.Type} ${JSON.stringify(PublishedResult.Params ?? {})}`;
    if (!found.has(key)) found.set(key, { partition, result: PublishedResult });
  }
  return [...found.values()].sort((a, b) => a.partition - b.partition);
}

/** The CID of a result, or what names it elsewhere. */
export function describeResult(result: ApiSpec): string {
  return cidOf(result) ?? urlOf(result) ?? `${result.Type} ${JSON.stringify(result.Params ?? {})}`;
}

/** The CID that a result was published by; undefined where it was published otherwise. */
export function cidOf({ Params }: ApiSpec): string | undefined {
  const cid = Params?.CID ?? Params?.cid;
  return typeof cid === "string" ? cid : undefined;
}

/** The URL that a result is an archive at, a `.tar.gz`; undefined where it was published otherwise. */
export function urlOf({ Type, Params }: ApiSpec): string | undefined {
  const url = Params?.URL ?? Params?.url;
  return Type.toLowerCase() === "urldownload" && typeof url === "string" ? url : undefined;
}
