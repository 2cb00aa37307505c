import {
  type ExecutionState,
  type Failure,
  isCodedError,
  isTerminal,
  messageOf,
  newId,
  next,
  type Randomness,
  toHex,
} from "@gadus/protocol";
import type { Verifier } from "@gadus/verifier";
import type { Effect } from "./effect.ts";
import type { JobDraft } from "./job-draft.ts";
import { timesOf } from "./job-times.ts";
import type { RequesterOptions } from "./options.ts";
import type { Candidate } from "./rank-nodes.ts";
import type { ExecutionRecord } from "./records.ts";

/** What effects act with. */
export interface EffectPorts {
  readonly verifiers: ReadonlyMap<string, Verifier>;
  readonly randomness: Randomness;
  readonly options: RequesterOptions;
}

/** What one live job lends to its effects. */
export interface EffectContext {
  readonly draft: JobDraft;
  /** Begins something that takes a while, once the draft is durable, unless it is under way. */
  begin(key: string, kind: "resolve" | "check", executionId?: string): void;
  /** Whether this evidence is what the partition was judged by last, with nothing decided. */
  wasJudged(partition: number, evidence: string): boolean;
  /** A node was asked for a place, or gets one back. */
  took(nodeId: string, places: 1 | -1): void;
}

/** Does what can be done at once in the draft; answers whether anything changed. */
export async function applyEffect(
  effect: Effect,
  context: EffectContext,
  ports: EffectPorts,
): Promise<boolean> {
  const { draft } = context;
  switch (effect.kind) {
    case "resolve":
      context.begin(`resolve ${draft.job.jobVersion}`, "resolve");
      return false;
    case "check":
      context.begin(`check ${effect.executionId}`, "check", effect.executionId);
      return false;
    case "ask":
      for (const node of effect.nodes) addExecution(node, effect.partition, context, ports);
      advanceRound(draft, effect.partition);
      return true;
    case "move":
      return moveExecution(effect, context, ports);
    case "judge":
      return judge(effect, context, ports);
    case "complete":
      draft.changePartition(effect.partition, { completedBy: effect.executionId });
      draft.note({ topic: "partition/completed", message: `Partition ${effect.partition} has its result` });
      return true;
    case "wait":
      noteWait(draft, effect.reason);
      return true;
    case "fail-job":
      draft.changeJob({ failure: effect.failure });
      return true;
    case "close":
      draft.changeJob({ closed: true });
      return true;
  }
}

/** The partition that `effect` is about; undefined where it is about the whole job. */
export function partitionOf(effect: Effect, draft: JobDraft): number | undefined {
  if ("partition" in effect) return effect.partition;
  return "executionId" in effect ? draft.execution(effect.executionId)?.partition : undefined;
}

/** A failure that tells of `error`, with the blame that it carries. */
export function failureOf(error: unknown, code: string): Failure {
  if (!isCodedError(error)) return { code, message: messageOf(error), blame: "nobody" };
  return { code: error.code, message: error.message, blame: error.blame };
}

function addExecution(node: Candidate, partition: number, context: EffectContext, ports: EffectPorts): void {
  const { draft } = context;
  const { jobId, namespace, owner, jobVersion } = draft.job;
  const execution: ExecutionRecord = {
    id: newId("e", ports.randomness),
    jobId,
    jobVersion,
    namespace,
    owner,
    partition,
    nodeId: node.nodeId,
    group: node.group,
    state: "asked",
    revision: 0,
    salt: toHex(ports.randomness.bytes(32)),
    boxPublicKey: undefined,
    has: [],
    proposal: undefined,
    publication: undefined,
    retrievable: undefined,
    failure: undefined,
    deadlineMs: draft.nowMs + timesOf(draft.job.spec, ports.options).bidMs,
    engaged: false,
    createdAtMs: draft.nowMs,
    modifiedAtMs: draft.nowMs,
  };
  draft.addExecution(execution);
  context.took(node.nodeId, 1);
  draft.noteState(execution, "asked", "Asked for a bid");
  draft.told.add(execution.id);
}

function advanceRound(draft: JobDraft, index: number): void {
  const rounds = draft.partition(index)?.rounds ?? 0;
  draft.changePartition(index, { rounds: rounds + 1 });
}

function noteWait(draft: JobDraft, reason: string | undefined): void {
  if (draft.job.waiting === undefined)
    draft.note({ topic: "job/waiting", message: `Waiting for nodes: ${reason}` });
  draft.changeJob({ waiting: reason });
}

const MESSAGES: Readonly<Partial<Record<ExecutionState, string>>> = {
  accepted: "Bid accepted",
  rejected: "Bid rejected: others were chosen",
  verified: "Result verified",
};

function moveExecution(
  effect: Extract<Effect, { kind: "move" }>,
  context: EffectContext,
  ports: EffectPorts,
): boolean {
  const { draft } = context;
  const execution = draft.execution(effect.executionId);
  const state = execution && next(execution.state, effect.event, "requester");
  if (execution === undefined || state === undefined) return false;
  const { startMs, publishMs } = timesOf(draft.job.spec, ports.options);
  draft.changeExecution(execution.id, {
    state,
    ...(effect.failure !== undefined && { failure: effect.failure }),
    ...(state === "accepted" && { engaged: true, deadlineMs: draft.nowMs + startMs }),
    ...(state === "verified" && { deadlineMs: draft.nowMs + publishMs }),
  });
  if (!execution.engaged && isTerminal(state)) context.took(execution.nodeId, -1);
  draft.noteState(execution, state, effect.failure?.message ?? MESSAGES[state] ?? state);
  draft.told.add(execution.id);
  return true;
}

async function judge(
  { partition: index, evidence, last }: Extract<Effect, { kind: "judge" }>,
  context: EffectContext,
  ports: EffectPorts,
): Promise<boolean> {
  const { draft } = context;
  const partition = draft.partition(index);
  const verifier = ports.verifiers.get(draft.job.spec.verifier.type);
  const proposals = evidence.proposals.map(({ executionId }) => executionId).join(" ");
  const key = `${proposals} ${evidence.pending} ${evidence.ran} ${last?.message ?? ""}`;
  if (partition === undefined || verifier === undefined || context.wasJudged(index, key)) return false;
  const judgement = await verifier.judge(evidence);
  if (judgement.kind === "wait") return false;
  if (judgement.kind === "verdict") {
    draft.changePartition(index, { verdict: judgement.verdict });
    draft.note({
      topic: "partition/verdict",
      message: judgement.verdict.reason,
      details: { partition: String(index) },
    });
    return true;
  }
  if (last !== undefined) {
    const message = `Cannot verify a result: ${judgement.reason}. ${last.message}`;
    draft.changeJob({ failure: { code: "requester/no-verdict", message, blame: "nobody" } });
    return true;
  }
  const target = evidence.proposals.length + evidence.pending + judgement.more;
  if (target <= partition.target) return false;
  draft.changePartition(index, { target });
  draft.note({ topic: "partition/undecided", message: `${judgement.reason}; asking ${judgement.more} more` });
  return true;
}
