import { expect } from "vitest";
import { get, NANOSECONDS, send } from "./raw-http.ts";

export const JOBS = "/api/v1/orchestrator/jobs";

/** A job that prints `Stdout`, as far as `more` and `params` don't say otherwise. */
export function noop(params: object = { Stdout: "hello\n" }, more: object = {}, moreOfTask: object = {}) {
  return {
    Type: "batch",
    ...more,
    Tasks: [{ Name: "main", Engine: { Type: "noop", Params: params }, ...moreOfTask }],
  };
}

/** Submits `job`; answers its id. */
export async function submit(job: object, more: object = {}): Promise<string> {
  const { status, text, body } = await send("PUT", JOBS, { body: { Job: job, ...more } });
  if (status !== 200) throw new Error(`the job was refused with ${status}: ${text}`);
  return (body as { JobID: string }).JobID;
}

interface HistoryPage {
  readonly Items: readonly HistoryItem[];
  readonly NextToken: string;
}

export interface HistoryItem {
  readonly SeqNum: number;
  readonly Type: string;
  readonly ExecutionID: string;
  readonly Event: { readonly Topic: string; readonly Message: string };
}

/** How often a client that waits asks for what is new. */
const POLL_MS = 100;

/** Waits as such clients do: polls history until its token is empty. Answers all that was read. */
export async function untilOver(jobId: string): Promise<readonly HistoryItem[]> {
  const read: HistoryItem[] = [];
  let token = "";
  do {
    const page = (await get(`${JOBS}/${jobId}/history?limit=10&next_token=${token}`)) as HistoryPage;
    read.push(...page.Items);
    token = page.NextToken;
    if (page.Items.length === 0 && token !== "") await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  } while (token !== "");
  return read;
}

/** Runs `job` to its end; answers its id. */
export async function run(job: object): Promise<string> {
  const jobId = await submit(job);
  await untilOver(jobId);
  return jobId;
}

export interface ExecutionItem {
  readonly ID: string;
  readonly NodeID: string;
  readonly ComputeState: { readonly StateType: number; readonly Message: string; readonly Details: object };
}

/** The executions of a job, those of every state. */
export async function executionsOf(jobId: string): Promise<readonly ExecutionItem[]> {
  return ((await get(`${JOBS}/${jobId}/executions`)) as { Items: ExecutionItem[] }).Items;
}

/** Settles once some execution of a job is in the contract's state `stateType`. */
export async function untilState(jobId: string, stateType: number): Promise<ExecutionItem> {
  for (;;) {
    const found = (await executionsOf(jobId)).find(
      ({ ComputeState }) => ComputeState.StateType === stateType,
    );
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A namespace of its own: other tests use the same network. */
export const ownNamespace = (): string => `contract-${Math.random().toString(36).slice(2)}`;

/** A job as it is shown, in any state. */
export const shown = (job: object, change: object = {}): object => ({
  ...job,
  Namespace: "default",
  Priority: 0,
  Count: 1,
  Constraints: [],
  Meta: {},
  Labels: {},
  State: { StateType: "Completed", Message: "", Details: {} },
  Version: 1,
  Revision: expect.any(Number),
  CreateTime: NANOSECONDS,
  ModifyTime: NANOSECONDS,
  ...change,
});
