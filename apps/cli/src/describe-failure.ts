import { type ApiExecution, type ApiJobView, stateOf } from "@gadus/client";

/** Executions that are named. */
const MAX_NAMED = 3;

/** What to try, by the code of a failure or, where that says nothing, by the beginning of one. */
const ADVICE: readonly (readonly [code: string, advice: (jobId: string) => string])[] = [
  ["requester/no-bids", (id) => `see why nodes refused it: gadus job placement ${id}`],
  ["requester/no-nodes", (id) => `see why nodes can't take it: gadus job placement ${id}`],
  [
    "requester/no-answer",
    (id) => `see whether nodes are there: gadus node list; run it again: gadus job rerun ${id}`,
  ],
  ["requester/not-runnable", () => "correct the document as the error says, and send it again"],
  ["requester/node-lost", (id) => `run it again: gadus job rerun ${id}`],
  ["requester/lost-execution", (id) => `run it again: gadus job rerun ${id}`],
  ["requester/timed-out", () => "give it longer: --timeout, or Tasks[0].Timeouts"],
  [
    "requester/no-verdict",
    (id) =>
      `see which nodes disagree: gadus job executions ${id}; a program whose results differ from run to run needs --verifier none`,
  ],
  ["requester/refuted", (id) => `see which nodes disagree: gadus job executions ${id}`],
  ["requester/no-publication", (id) => `run it again: gadus job rerun ${id}`],
  ["compute/timed-out", () => "give it longer: --timeout, or Tasks[0].Timeouts.ExecutionTimeout"],
  ["compute/input-unavailable", () => "see that each input is there: gadus get CID, or its URL in a browser"],
  ["storage/", () => "see that each input is there, and written as the error says"],
  ["executor/invalid-module", () => "see what is wrong with the module: gadus wasm validate FILE"],
  [
    "executor/image-missing",
    () => "see that the image's name is right, and that nodes may pull it: docs/docker.md",
  ],
  ["executor/image-not-allowed", () => "use an image that nodes may run: docs/docker.md"],
  ["executor/out-of-memory", () => "give it more: --memory, or Tasks[0].Resources.Memory"],
  ["executor/limit-exceeded", () => "give it more: --memory, --fuel, --disk, or Tasks[0].Resources"],
  ["executor/trap", (id) => `see what it printed: gadus job logs ${id}`],
];

/** Why a job failed, where, and what to try: lines that follow the one with its state. */
export function describeFailure({ Job: job, Executions }: ApiJobView): readonly string[] {
  const { ID, State } = job;
  if (State?.StateType === "Stopped") return [`Run it again: gadus job rerun ${ID}`];
  const failed = (Executions?.Items ?? []).filter((execution) => hasFailed(execution));
  const where = failed.slice(0, MAX_NAMED).map(({ ID: id, NodeID, ComputeState: { Message } }) => {
    const why = Message === undefined || Message === State?.Message ? "" : `: ${Message}`;
    return `Where: ${id} on node ${NodeID}${why}`;
  });
  const more = failed.length > MAX_NAMED ? [`Where: and ${failed.length - MAX_NAMED} executions more`] : [];
  const code = textOf(State?.Details?.Code);
  const [, advice] =
    ADVICE.find(([prefix]) => code === prefix || (prefix.endsWith("/") && code.startsWith(prefix))) ?? [];
  return [...where, ...more, ...(advice === undefined ? [] : [`Try: ${advice(ID)}`])];
}

function hasFailed(execution: ApiExecution): boolean {
  const state = stateOf(execution);
  return state === "failed" || state === "refuted";
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
