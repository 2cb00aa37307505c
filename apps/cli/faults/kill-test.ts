import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import type { ApiJobView } from "../src/api-types.ts";
import { fetchResult, heldCapacity, listJobs, miscounts, unfinishedJobs } from "./check-jobs.ts";
import { type Cluster, type ClusterNode, startCluster } from "./cluster.ts";
import { startKillLoop } from "./kill-loop.ts";
import { type Choose, faultSeed, seededChoice } from "./seeded-choice.ts";
import { type Answered, submitForSure } from "./submit-for-sure.ts";
import { outputOf, type Work, workJob } from "./work-job.ts";

const COMPUTE_NODES = 4;
const JOBS = 200;
const SUBMIT_EVERY_MS = 120;
/** From the last kill to the end of every job. */
const END_WITHIN_MS = 60_000;
/** From the end of the jobs until every node is free: a lease of a bid runs 30 s. */
const FREE_WITHIN_MS = 40_000;
/** Failed jobs that a run may have, each for kills that used up its retries. */
const MAX_FAILED = 2;

export interface KillTest {
  readonly victims: (cluster: Cluster) => readonly ClusterNode[];
  /** As {@link startKillLoop} has it. */
  readonly letServe: boolean;
}

/** Submits jobs to a cluster whose nodes are killed meanwhile, and checks every promise about them at the end. */
export async function expectJobsToSurvive({ victims, letServe }: KillTest): Promise<void> {
  const seed = faultSeed();
  console.log(`kills of seed ${seed}; GADUS_FAULTS_SEED=${seed} chooses the same victims`);
  const choose = seededChoice(seed);
  const work = makeWork(choose);
  const cluster = await startCluster(COMPUTE_NODES);
  try {
    const killing = startKillLoop({ choose: () => choose(victims(cluster)), letServe });
    const answered = await submitAll(cluster, work);
    const killed = await killing.stop();
    const stoppedMs = performance.now();
    const late = await unfinishedJobs(cluster.requester.api, END_WITHIN_MS);
    const seconds = ((performance.now() - stoppedMs) / 1000).toFixed(1);
    console.log(`${killed.length} kills: ${killed.join(" ")}; all jobs ended ${seconds} s after the last`);
    expect(late.map(({ ID, State }) => ({ ID, State }))).toEqual([]);
    await checkJobs(cluster, work, answered);
    expect(await heldCapacity(cluster, FREE_WITHIN_MS)).toEqual([]);
    expect(cluster.crashes).toEqual([]);
  } finally {
    await cluster.stop();
  }
}

/** Most end at once, each with a result of its own; some run for a few hundred milliseconds; a third is compared. */
function makeWork(choose: Choose): readonly Work[] {
  return Array.from({ length: JOBS }, (_, index) => ({
    name: `job-${index}`,
    concurrency: choose([1, 1, 1, 1, 2, 3]),
    ...choose([SHORT, SHORT, SHORT, SHORT, LONG])(index),
  }));
}
const SHORT = (index: number): Pick<Work, "seed" | "steps"> => ({ seed: index + 1, steps: 1000 });
/** Few seeds, as their results have to be found here too. */
const LONG = (index: number): Pick<Work, "seed" | "steps"> => ({ seed: 1 + (index % 3), steps: 250_000_000 });

async function submitAll({ requester }: Cluster, work: readonly Work[]): Promise<readonly Answered[]> {
  const submitted: Promise<Answered>[] = [];
  for (const each of work) {
    submitted.push(submitForSure(requester.api.url, workJob(each)));
    await delay(SUBMIT_EVERY_MS);
  }
  return await Promise.all(submitted);
}

async function checkJobs(
  { requester: { api } }: Cluster,
  work: readonly Work[],
  answered: readonly Answered[],
): Promise<void> {
  const listed = (await listJobs(api)).map(({ ID }) => ID);
  expect(new Set(listed).size).toBe(listed.length);
  expect(listed).toEqual(expect.arrayContaining(answered.map(({ jobId }) => jobId)));
  expect(listed.length).toBeLessThanOrEqual(answered.reduce((sum, { posts }) => sum + posts, 0));

  const wrong: unknown[] = [];
  const failed: unknown[] = [];
  for (const jobId of listed) {
    const view = await api.job(jobId);
    const each = work.find(({ name }) => name === view.Job.Name);
    wrong.push(...(await miscounts(api, view)));
    if (view.Job.State?.StateType === "Failed") failed.push(failureOf(view));
    else wrong.push(...compare(view, each, await fetchResult(api, view)));
  }
  expect(wrong).toEqual([]);
  if (failed.length > 0) console.log(`failed after their last retry: ${JSON.stringify(failed)}`);
  expect(failed.length).toBeLessThanOrEqual(MAX_FAILED);
}

function compare(
  { Job }: ApiJobView,
  work: Work | undefined,
  found: Record<string, string> | undefined,
): readonly unknown[] {
  const expected = work && { exitCode: "0", stderr: "", stdout: outputOf(work) };
  const isRight = Job.State?.StateType === "Completed" && JSON.stringify(found) === JSON.stringify(expected);
  return isRight ? [] : [{ job: Job.ID, state: Job.State, expected, found }];
}

function failureOf({ Job, Executions }: ApiJobView): unknown {
  expect(Job.State?.Message).toMatch(/\S/);
  return {
    job: Job.Name,
    state: Job.State,
    executions: Executions?.Items.map(({ NodeID, ComputeState }) => [NodeID.slice(-6), ComputeState]),
  };
}
