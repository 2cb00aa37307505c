import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  type ApiExecution,
  type ApiHistoryItem,
  type ApiJob,
  type ApiJobView,
  cidOf,
  type Client,
  jobHasEnded,
  publishedResults,
} from "@gadus/client";
import { download } from "@gadus/client/download";
import type { Cluster, ClusterNode } from "./cluster.ts";

const PAGE = 1000;
const CHECK_MS = 200;
/** How the history tells that an execution ended. */
const ENDS: ReadonlySet<string> = new Set(
  ["published", "declined", "rejected", "refuted", "failed", "cancelled"].map((end) => `execution/${end}`),
);

/** Every job that a requester lists. */
export async function listJobs(api: Client): Promise<readonly ApiJob[]> {
  const found: ApiJob[] = [];
  for (let nextToken = ""; ; ) {
    const page = await api.jobs.list({ limit: PAGE, ...(nextToken !== "" && { nextToken }) });
    found.push(...page.Items);
    nextToken = page.NextToken ?? "";
    if (nextToken === "") return found;
  }
}

/** Waits until every listed job has ended, or `withinMs` is over; answers those that haven't. */
export async function unfinishedJobs(api: Client, withinMs: number): Promise<readonly ApiJob[]> {
  const giveUpMs = performance.now() + withinMs;
  for (;;) {
    const left = (await listJobs(api)).filter((job) => !jobHasEnded(job));
    if (left.length === 0 || performance.now() > giveUpMs) return left;
    await delay(CHECK_MS);
  }
}

/** A job in a few words, for who has to find out what went wrong. */
export async function storyOf(api: Client, jobId: string): Promise<string> {
  const { Job, Executions } = await api.jobs.get(jobId);
  const { Items: history } = await api.jobs.history(jobId, { limit: PAGE });
  const executions = (Executions?.Items ?? []).map(
    ({ ID, NodeID, ComputeState: { Details, Message } }) =>
      `  ${ID} on ${NodeID.slice(-6)}: ${String(Details?.State)} ${Message ?? ""}`,
  );
  const events = history.map(
    ({ Time, ExecutionID, Event }) => `  ${Time} ${Event.Topic} ${ExecutionID ?? ""} ${Event.Message}`,
  );
  const head = `${Job.Name} ${jobId}: ${Job.State?.StateType} ${Job.State?.Message ?? ""}`;
  return [head, ...executions, ...events].join("\n");
}

/** The files of a job's one result, as fetched from the API and checked against their CID; undefined where it has none. */
export async function fetchResult(
  api: Client,
  view: ApiJobView,
): Promise<Record<string, string> | undefined> {
  const [published] = publishedResults(view.Executions?.Items ?? []);
  const cid = published === undefined ? undefined : cidOf(published.result);
  if (cid === undefined) return undefined;
  const dir = mkdtempSync(join(tmpdir(), "gadus-result-"));
  try {
    await download(api, [{ folder: "", from: { cid } }], dir, { signal: AbortSignal.timeout(60_000) });
    return Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), "utf8")]));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** What is wrong with how a job's executions were counted; nothing, where each counts once. */
export async function miscounts(api: Client, { Job, Executions }: ApiJobView): Promise<readonly string[]> {
  const { Items: history } = await api.jobs.history(Job.ID, { limit: PAGE });
  const items = Executions?.Items ?? [];
  const ids = items.map(({ ID }) => ID);
  const placed = items.filter(wasAccepted(history)).map(({ NodeID }) => NodeID);
  const topics = history.map(({ Event }) => Event.Topic);
  const once = ["job/submitted", `job/${Job.State?.StateType.toLowerCase()}`, "partition/verdict"];
  const ends = history.filter(({ Event }) => ENDS.has(Event.Topic)).map(({ ExecutionID }) => ExecutionID);
  return [
    ...repeated(ids).map((id) => `execution ${id} is listed twice`),
    ...repeated(placed).map((nodeId) => `node ${nodeId} was given it twice`),
    ...repeated(ends).map((id) => `execution ${id} ended twice`),
    ...repeated(topics.filter((topic) => once.includes(topic))).map((topic) => `${topic} happened twice`),
  ].map((what) => `${Job.Name ?? Job.ID}: ${what}`);
}

function wasAccepted(history: readonly ApiHistoryItem[]): (execution: ApiExecution) => boolean {
  const accepted = new Set(
    history.filter(({ Event }) => Event.Topic === "execution/accepted").map(({ ExecutionID }) => ExecutionID),
  );
  return ({ ID }) => accepted.has(ID);
}

function repeated<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items.filter((item, index) => items.indexOf(item) !== index))];
}

/** Waits until no node holds anything for a job, or `withinMs` is over; answers what nodes still hold. */
export async function heldCapacity({ compute }: Cluster, withinMs: number): Promise<readonly string[]> {
  const giveUpMs = performance.now() + withinMs;
  for (;;) {
    const held = (await Promise.all(compute.map(heldBy))).flat();
    if (held.length === 0 || performance.now() > giveUpMs) return held;
    await delay(CHECK_MS);
  }
}

async function heldBy({ name, api }: ClusterNode): Promise<readonly string[]> {
  const { ComputeNodeInfo: info } = await api.agent.node();
  const { RunningExecutions, EnqueuedExecutions, AvailableCapacity, MaxCapacity } = info ?? {};
  const isFree = JSON.stringify(AvailableCapacity) === JSON.stringify(MaxCapacity);
  if (info !== undefined && RunningExecutions === 0 && EnqueuedExecutions === 0 && isFree) return [];
  return [`${name}: ${JSON.stringify(info)}`];
}
