import type { ExecutionRecord, StoredJob } from "@gadus/requester";
import { judgeBlame } from "./judge-blame.ts";
import { judgeReputations } from "./judge-reputations.ts";
import { rightCid } from "./right-results.ts";
import type { JobPart } from "./scenario.ts";
import type { ComputeBody } from "./sim-compute.ts";
import type { RequesterBody } from "./sim-requester.ts";
import type { Submitted } from "./submitter.ts";
import type { Surroundings } from "./surroundings.ts";

/** What is counted of a simulation's jobs at its end. */
export interface Tally {
  readonly completed: number;
  readonly failed: number;
  readonly stopped: number;
  /** Partitions with a verdict, and those of them whose winner is wrong. */
  readonly judged: number;
  readonly wrong: number;
}

/** What a job that can be done may still fail of where a clock was put forward. */
const TIMES = /Timeout|suspectAfterMs|its time is over|in time/;

/** The rules that hold once all is over: nothing is lost, nothing is held, and verdicts are right where they can be. */
export async function judgeEnd(
  around: Surroundings,
  requesters: readonly RequesterBody[],
  computes: readonly ComputeBody[],
  submitted: readonly Submitted[],
): Promise<Tally> {
  const { checks } = around;
  const tally = { completed: 0, failed: 0, stopped: 0, judged: 0, wrong: 0 };
  const liars = new Set(computes.filter(({ part }) => part.lie !== undefined).map(({ id }) => id));
  for (const { part, jobId, stoppedAs } of submitted) {
    const requester = requesters.find(({ id }) => id === part.requester);
    if (requester === undefined || jobId === undefined || requester.hasForgotten(jobId)) continue;
    const view = await requester.stored().job(jobId);
    if (view === undefined) {
      checks.fail("no job lost", `${part.name} was ${jobId}, and is gone`);
      continue;
    }
    judgeJob(around, part, view, stoppedAs);
    const { status } = view.job;
    if (status === "Completed") tally.completed += 1;
    else if (status === "Stopped") tally.stopped += 1;
    else if (status === "Failed") tally.failed += 1;
    if (requester.part.cheat !== undefined) continue;
    const counts = await judgeVerdicts(around, view, await rightCid(part.output), liars);
    tally.judged += counts.judged;
    tally.wrong += counts.wrong;
    around.coverage.hit("wrong result accepted", counts.wrong);
    judgeBlame(around, view, liars);
    await judgeCopies(around, view, computes);
  }
  for (const requester of requesters) {
    await checkNothingLives(around, requester);
    if (requester.part.cheat === undefined) await judgeReputations(around, requester);
  }
  for (const compute of computes) {
    const busy = compute.part.lie === undefined ? compute.busyWith() : undefined;
    if (busy !== undefined) checks.fail("every reservation is freed", `${compute.id} has ${busy}`);
  }
  return tally;
}

function judgeJob(
  { checks, scenario }: Surroundings,
  part: JobPart,
  { job }: StoredJob,
  stoppedAs: string | undefined,
): void {
  const { jobId, status, failure, closed, waiting } = job;
  const why = failure?.message ?? "";
  if (!closed) checks.fail("every job ends", `${jobId} is ${status}: ${waiting ?? "not waiting"}`);
  if (status === "Failed" && why === "") checks.fail("a failed job says why", jobId);
  if (stoppedAs !== undefined && status !== stoppedAs)
    checks.fail("a stop that was promised holds", `${jobId} was ${stoppedAs}, and is ${status}`);
  const isJumped = scenario.faults.some(({ kind }) => kind === "clock");
  const fits = scenario.computes.some(({ cpuMillis }) => cpuMillis >= part.cpuMillis);
  const mayWait = scenario.kind !== "crowd" || part.queueTimeoutS >= PATIENT_S;
  const isExcused = (isJumped && TIMES.test(why)) || !mayWait || !fits;
  if (mustComplete(scenario.kind) && status !== "Completed" && !isExcused)
    checks.fail("a job that can be done is done", `${jobId} is ${status}: ${why}`);
}

/** Jobs of a crowd that wait so long have room in the end. */
const PATIENT_S = 600;

function mustComplete(kind: Surroundings["scenario"]["kind"]): boolean {
  return kind !== "storm" && kind !== "odds";
}

async function checkNothingLives({ checks }: Surroundings, requester: RequesterBody): Promise<void> {
  if (!requester.alive) return;
  for await (const { job } of requester.stored().liveJobs()) {
    checks.fail("every job ends", `${job.jobId} at ${requester.id} is ${job.status}: ${job.waiting ?? ""}`);
  }
}

async function judgeVerdicts(
  { checks, scenario }: Surroundings,
  { job, partitions, executions }: StoredJob,
  right: string,
  liars: ReadonlySet<string>,
): Promise<{ readonly judged: number; readonly wrong: number }> {
  const counts = { judged: 0, wrong: 0 };
  for (const { index, verdict, completedBy } of partitions) {
    const own = executions.filter((execution) => execution.partition === index);
    const winner = own.find((execution) => execution.id === completedBy);
    const place = `${job.jobId}/${index}`;
    if (job.status === "Completed" && winner?.retrievable !== true) {
      checks.fail("a completed partition has its result", `${place} by ${completedBy ?? "nobody"}`);
    }
    if (verdict === undefined) continue;
    counts.judged += 1;
    const cid = verdict.winner?.cid;
    if (cid !== undefined && winner !== undefined && winner.publication?.params["cid"] !== cid) {
      checks.fail("the published CID is the verified one", place);
    }
    if (cid === undefined) continue;
    if (cid === right) judgeEach(checks, own, right, liars);
    else {
      counts.wrong += 1;
      if (liars.size === 0 || scenario.kind === "majority")
        checks.fail("without enough liars every result is right", `${place} is ${cid}`);
    }
  }
  return counts;
}

/** Where the verdict is right, each proposal was judged right. */
function judgeEach(
  checks: Surroundings["checks"],
  executions: readonly ExecutionRecord[],
  right: string,
  liars: ReadonlySet<string>,
): void {
  for (const { id, nodeId, state, proposal } of executions) {
    if (proposal === undefined) continue;
    if (proposal.cid !== right && (state === "verified" || state === "published")) {
      checks.fail("every judged wrong proposal is refuted", `${id} of ${nodeId} is ${state}`);
    }
    if (state === "refuted" && !liars.has(nodeId)) {
      checks.fail("no honest node is refuted where the verdict is right", `${id} of ${nodeId}`);
    }
  }
}

/** What an honest node that is there has published, and its requester took, can still be had from it. */
async function judgeCopies(
  { checks, served }: Surroundings,
  { job, executions }: StoredJob,
  computes: readonly ComputeBody[],
): Promise<void> {
  for (const { id, nodeId, state, retrievable } of executions) {
    const node = computes.find((compute) => compute.id === nodeId);
    if (state !== "published" || retrievable !== true || node?.alive !== true) continue;
    if (node.part.lie !== undefined) continue;
    const key = [...served.of(nodeId)].find((each) => each.endsWith(`.${id}`));
    if (key === undefined) checks.fail("what was published stays", `${id} of ${job.jobId} at ${nodeId}`);
  }
}
