import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type ApiJob, type ApiJobView, type Client, jobHasEnded } from "@gadus/client";
import { fetchResult, heldCapacity, listJobs, miscounts, storyOf, unfinishedJobs } from "./check-jobs.ts";
import { type Cluster, type ClusterNode, startCluster } from "./cluster.ts";
import { startKillLoop } from "./kill-loop.ts";
import { type Choose, faultSeed, seededChoice } from "./seeded-choice.ts";
import { type Answered, submitForSure } from "./submit-for-sure.ts";
import { outputOf, type Work, workJob } from "./work-job.ts";

const COMPUTE_NODES = 4;
const JOBS = 200;
const SUBMIT_EVERY_MS = 120;
/** Fewer kills than these show nothing. */
const MIN_KILLS = 5;
/**
 * How long a node that was killed may take to be back: some are killed again while they start, on a machine that has
 * as much to do. Each that takes longer costs a job one of its few nodes.
 */
const SUSPECT_AFTER_MS = 10_000;
/** From the last kill to the end of every job. */
const END_WITHIN_MS = 60_000;
/** From the end of the jobs until every node is free: a lease of a bid runs 30 s. */
const FREE_WITHIN_MS = 40_000;
/** A run under kills. */
export interface KillRun {
  readonly victims: (cluster: Cluster) => readonly ClusterNode[];
  /** As {@link startKillLoop} has it. */
  readonly maxDown: number;
}

/** What became of a run, once every job had the time to end. */
export interface Outcome {
  /** Whatever breaks a promise. */
  readonly wrong: readonly unknown[];
  /** Jobs that failed: a promise is kept where kills used up their retries and the job says so. */
  readonly failed: readonly ApiJob[];
}

/** Submits jobs to a cluster whose nodes are killed meanwhile, and finds out what became of every one. */
export async function runUnderKills({ victims, maxDown }: KillRun): Promise<Outcome> {
  const seed = faultSeed();
  console.log(`kills of seed ${seed}; GADUS_FAULTS_SEED=${seed} chooses the same victims`);
  const choose = seededChoice(seed);
  const work = makeWork(choose);
  const cluster = await startCluster(COMPUTE_NODES, { suspectAfterMs: SUSPECT_AFTER_MS });
  try {
    const killing = startKillLoop({ choose: () => choose(victims(cluster)), maxDown });
    const answered = await submitAll(cluster, work);
    const killed = await killing.stop();
    const stoppedMs = performance.now();
    const { api } = cluster.requester;
    const late = await unfinishedJobs(api, END_WITHIN_MS);
    const seconds = ((performance.now() - stoppedMs) / 1000).toFixed(1);
    console.log(`${killed.length} kills: ${killed.join(" ")}; all jobs ended ${seconds} s after the last`);
    const { wrong, failed } = await checkJobs(cluster, work, answered);
    const unfinished = await Promise.all(late.map(({ ID }) => storyOf(api, ID)));
    const few = killed.length < MIN_KILLS ? [`only ${killed.length} processes were killed`] : [];
    const held = await heldCapacity(cluster, FREE_WITHIN_MS);
    return { wrong: [...few, ...unfinished, ...wrong, ...held, ...cluster.crashes], failed };
  } finally {
    await cluster.stop();
  }
}

/** Most end at once, each with a result of its own; some run for a few hundred milliseconds; a third is compared. */
function makeWork(choose: Choose): readonly Work[] {
  return Array.from({ length: JOBS }, (_, index) => ({
    name: `job-${index}`,
    seed: index + 1,
    concurrency: choose([1, 1, 1, 1, 2, 3]),
    ...choose(LENGTHS),
  }));
}

/** Few keep a core busy: nodes that start again need those too. */
const LENGTHS: readonly Pick<Work, "steps" | "waitMs">[] = [
  ...Array<Pick<Work, "steps">>(15).fill({ steps: 1000 }),
  ...Array<Pick<Work, "steps" | "waitMs">>(4).fill({ steps: 1000, waitMs: 400 }),
  { steps: 150_000_000 },
];

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
): Promise<Outcome> {
  const wrong: unknown[] = [];
  const failed: ApiJob[] = [];
  const listed = (await listJobs(api)).map(({ ID }) => ID);
  const posts = answered.reduce((sum, each) => sum + each.posts, 0);
  const lost = answered.filter(({ jobId }) => !listed.includes(jobId));
  wrong.push(...lost.map(({ jobId }) => `job ${jobId} was answered 200 and is lost`));
  if (new Set(listed).size < listed.length) wrong.push("a job is listed twice");
  if (listed.length > posts) wrong.push(`${posts} posts made ${listed.length} jobs`);
  for (const jobId of listed) {
    const view = await api.jobs.get(jobId);
    wrong.push(...(await miscounts(api, view)));
    if (view.Job.State?.StateType === "Failed") failed.push(view.Job);
    else if (jobHasEnded(view.Job)) wrong.push(...(await wrongResult(api, view, work)));
  }
  return { wrong, failed };
}

/** How the result of a job that should be completed differs from what its work writes. */
async function wrongResult(
  api: Client,
  view: ApiJobView,
  work: readonly Work[],
): Promise<readonly unknown[]> {
  const { ID, Name, State } = view.Job;
  const each = work.find(({ name }) => name === Name);
  const expected = each && { exitCode: "0", stderr: "", stdout: outputOf(each) };
  const found = await fetchResult(api, view);
  const isRight = State?.StateType === "Completed" && isDeepStrictEqual(found, expected);
  return isRight ? [] : [{ job: ID, state: State, expected, found }];
}
