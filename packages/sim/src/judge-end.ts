import type { StoredJob } from "@gadus/requester";
import { rightCid } from "./right-results.ts";
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
  for (const { part, jobId, stopped } of submitted) {
    const requester = requesters.find(({ id }) => id === part.requester);
    if (requester === undefined || jobId === undefined) continue;
    const view = await requester.stored().job(jobId);
    if (view === undefined) {
      checks.fail("no job lost", `${part.name} was ${jobId}, and is gone`);
      continue;
    }
    const { status, failure } = view.job;
    if (status === "Completed") tally.completed += 1;
    else if (status === "Stopped") tally.stopped += 1;
    else if (status === "Failed") tally.failed += 1;
    if (!view.job.closed)
      checks.fail("every job ends", `${jobId} is ${status}: ${view.job.waiting ?? "not waiting"}`);
    if (status === "Failed" && (failure?.message ?? "") === "") checks.fail("a failed job says why", jobId);
    if (stopped && !["Stopped", "Completed", "Failed"].includes(status))
      checks.fail("a stopped job ends", jobId);
    if (requester.part.cheat === undefined) {
      const counts = await judgeVerdicts(around, view, await rightCid(part.output), liars);
      tally.judged += counts.judged;
      tally.wrong += counts.wrong;
    }
    const mustComplete = around.scenario.kind === "calm" || around.scenario.kind === "gentle";
    if (mustComplete && status !== "Completed") {
      checks.fail("a job that can be done is done", `${jobId} is ${status}: ${failure?.message ?? ""}`);
    }
  }
  for (const requester of requesters) await checkNothingLives(around, requester);
  for (const compute of computes) {
    const busy = compute.part.lie === undefined ? compute.busyWith() : undefined;
    if (busy !== undefined) checks.fail("every reservation is freed", `${compute.id} has ${busy}`);
  }
  return tally;
}

async function checkNothingLives({ checks }: Surroundings, requester: RequesterBody): Promise<void> {
  if (!requester.alive) return;
  for await (const { job } of requester.stored().liveJobs()) {
    checks.fail("every job ends", `${job.jobId} at ${requester.id} is ${job.status}: ${job.waiting ?? ""}`);
  }
}

async function judgeVerdicts(
  { checks }: Surroundings,
  { job, partitions, executions }: StoredJob,
  right: string,
  liars: ReadonlySet<string>,
): Promise<{ readonly judged: number; readonly wrong: number }> {
  const counts = { judged: 0, wrong: 0 };
  for (const { index, verdict, completedBy } of partitions) {
    const own = executions.filter((execution) => execution.partition === index);
    const winner = own.find((execution) => execution.id === completedBy);
    if (job.status === "Completed" && winner?.retrievable !== true) {
      checks.fail(
        "a completed partition has its result",
        `${job.jobId}/${index} by ${completedBy ?? "nobody"}`,
      );
    }
    if (verdict === undefined) continue;
    counts.judged += 1;
    const cid = verdict.winner?.cid;
    if (cid !== undefined && winner !== undefined && winner.publication?.params["cid"] !== cid) {
      checks.fail("the published CID is the verified one", `${job.jobId}/${index}`);
    }
    if (cid === undefined) continue;
    if (cid !== right) {
      counts.wrong += 1;
      if (liars.size === 0)
        checks.fail("without liars every result is right", `${job.jobId}/${index} is ${cid}`);
      continue;
    }
    for (const { id, nodeId, state, proposal } of own) {
      if (proposal === undefined) continue;
      if (proposal.cid !== right && (state === "verified" || state === "published")) {
        checks.fail("every judged wrong proposal is refuted", `${id} of ${nodeId} is ${state}`);
      }
      if (state === "refuted" && !liars.has(nodeId)) {
        checks.fail("no honest node is refuted where the verdict is right", `${id} of ${nodeId}`);
      }
    }
  }
  return counts;
}
