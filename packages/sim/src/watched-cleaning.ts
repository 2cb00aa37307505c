import type { CleaningBounds, RequesterStore, StoredJob } from "@gadus/requester";
import type { Checks } from "./checks.ts";
import type { Coverage } from "./coverage.ts";

/** Where it is written down what was given up. */
export interface CleaningBooks {
  readonly id: string;
  readonly checks: Checks;
  readonly coverage: Coverage;
  /** Ids of the jobs that were forgotten. */
  readonly forgotten: Set<string>;
}

const ALL = { orderBy: "created_at", reverse: false, limit: 1_000 } as const;

/** `store` under the eyes of the rule that only what finished long enough ago is compacted and forgotten. */
export function watchCleaning(
  store: RequesterStore,
  { id, checks, coverage, forgotten }: CleaningBooks,
): RequesterStore {
  async function all(): Promise<readonly StoredJob[]> {
    const { items } = await store.listJobs(ALL);
    const views = await Promise.all(items.map(({ jobId }) => store.job(jobId)));
    return views.filter((view) => view !== undefined);
  }

  async function clean(
    bounds: CleaningBounds,
    act: (bounds: CleaningBounds) => Promise<number>,
  ): Promise<number> {
    const before = await all();
    const removed = await act(bounds);
    for (const { job, executions } of before) {
      const after = await store.job(job.jobId);
      if (after?.executions.length === executions.length) continue;
      if (after === undefined) forgotten.add(job.jobId);
      coverage.hit(after === undefined ? "job forgotten" : "job compacted");
      if (!job.closed || job.modifiedAtMs >= bounds.closedBeforeMs) {
        checks.fail("only finished jobs are given up", `${job.jobId} at ${id} is ${job.status}`);
      }
    }
    return removed;
  }

  return {
    ...store,
    compact: (bounds) => clean(bounds, (same) => store.compact(same)),
    forget: (bounds) => clean(bounds, (same) => store.forget(same)),
  };
}
