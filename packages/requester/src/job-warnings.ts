import type { ParsedJob } from "@gadus/protocol";

/** What of a job is taken and has no effect, or hardly the one that was meant; beside what its document ignores. */
export function jobWarnings({ document, spec }: ParsedJob): readonly string[] {
  const warnings: string[] = [];
  const { concurrency } = spec.deal;
  if (concurrency > 1 && spec.verifier.type === "none") {
    warnings.push(
      `Deal.Concurrency is ${concurrency}, and Verifier.Type is none: no results are compared, and the first that comes is taken`,
    );
  }
  if ((document.Tasks[0]?.Network?.Ports ?? []).length > 0)
    warnings.push("Tasks[0].Network.Ports is ignored: nodes open no ports to the outside");
  const { totalMs, executionMs } = spec.task.timeouts;
  if (totalMs !== undefined && executionMs !== undefined && executionMs > totalMs) {
    warnings.push(
      `Tasks[0].Timeouts.ExecutionTimeout is ${executionMs / 1000} s, and TotalTimeout ends the job after ${totalMs / 1000} s`,
    );
  }
  return warnings;
}
