import type { ExecutionState, JobDocument, Resources, Spec } from "@gadus/protocol";
import type {
  ExecutionRecord,
  JobEventRecord,
  JobRecord,
  PartitionRecord,
  StoredJob,
} from "@gadus/requester";
import { agrees } from "@gadus/verifier";
import type { RunOutput } from "./run-outputs.ts";

/** JSON as it is written; each function here gives one shape of the API's contract. */
export type Json = Readonly<Record<string, unknown>>;

/** What JSON can say and a number can't: text that `JSON.stringify` writes as it is (ECMAScript's `JSON.rawJSON`). */
const rawJson = (JSON as unknown as { readonly rawJSON: (text: string) => object }).rawJSON;

/** Milliseconds since 1970 as nanoseconds, exactly: beyond 2^53 only an integer's own digits are. */
export function nanoseconds(ms: number): object {
  return rawJson(ms === 0 ? "0" : `${Math.round(ms)}000000`);
}

/** A job's document with what became of it. Clients look into the lists and maps of a job: they are always there. */
export function jobShape(job: JobRecord, document: JobDocument): Json {
  return {
    ...document,
    Constraints: document.Constraints ?? [],
    Meta: document.Meta ?? {},
    Labels: document.Labels ?? {},
    ID: job.jobId,
    Name: job.spec.name || job.jobId,
    Namespace: job.namespace,
    Type: job.spec.type,
    Priority: job.spec.priority,
    Count: job.spec.count,
    State: jobState(job),
    Version: job.jobVersion,
    Revision: job.revision,
    CreateTime: nanoseconds(job.createdAtMs),
    ModifyTime: nanoseconds(job.modifiedAtMs),
  };
}

function jobState(job: JobRecord): Json {
  return {
    StateType: job.status,
    Message: job.failure?.message ?? job.stopReason ?? job.waiting ?? "",
    Details: job.failure === undefined ? {} : { Code: job.failure.code, Blame: job.failure.blame },
  };
}

/** Whether nothing changes a job's status any more. */
export function isOver(job: Pick<JobRecord, "status">): boolean {
  return job.status === "Completed" || job.status === "Failed" || job.status === "Stopped";
}

/** The contract's integers; ours that it doesn't know show as the nearest, with the exact state in `Details`. */
const COMPUTE_STATES: { readonly [S in ExecutionState]: number } = {
  asked: 2,
  offered: 3,
  declined: 4,
  accepted: 5,
  running: 6,
  proposed: 6,
  verified: 7,
  rejected: 8,
  published: 9,
  refuted: 10,
  failed: 10,
  cancelled: 11,
};
const DESIRED_PENDING = 0;
const DESIRED_RUNNING = 1;
const DESIRED_STOPPED = 2;

/** One execution of `stored`, with what its run printed where that is known. */
export function executionShape(
  execution: ExecutionRecord,
  { job, partitions }: StoredJob,
  output?: RunOutput,
): Json {
  const partition = partitions.find(({ index }) => index === execution.partition);
  return {
    ID: execution.id,
    Namespace: execution.namespace,
    EvalID: "",
    Name: `${job.spec.name || job.jobId}.${execution.partition}`,
    NodeID: execution.nodeId,
    JobID: execution.jobId,
    JobVersion: execution.jobVersion,
    AllocatedResources: { Tasks: { [job.spec.task.name]: resourcesShape(allocated(job)) } },
    DesiredState: { StateType: desiredState(execution), Message: "" },
    ComputeState: {
      StateType: COMPUTE_STATES[execution.state],
      Message: messageOf(execution, partition),
      Details: detailsOf(execution, partition),
    },
    PublishedResult: publishedShape(execution),
    RunOutput: outputShape(execution, output),
    PreviousExecution: "",
    NextExecution: "",
    PartitionIndex: execution.partition,
    Revision: execution.revision,
    CreateTime: nanoseconds(execution.createdAtMs),
    ModifyTime: nanoseconds(execution.modifiedAtMs),
  };
}

const NO_SPEC: Location = { Type: "", Params: {} };

function allocated(job: JobRecord): Resources {
  const none = { cpuMillis: 0, memoryBytes: 0, diskBytes: 0, gpus: 0 };
  return job.task?.terms.resources ?? { ...none, ...job.spec.task.resources };
}

function desiredState({ state }: ExecutionRecord): number {
  if (state === "asked" || state === "offered") return DESIRED_PENDING;
  const live = state === "accepted" || state === "running" || state === "proposed" || state === "verified";
  return live ? DESIRED_RUNNING : DESIRED_STOPPED;
}

function messageOf(execution: ExecutionRecord, partition: PartitionRecord | undefined): string {
  if (execution.failure !== undefined) return execution.failure.message;
  if (execution.state !== "refuted") return remarksOf(execution);
  return partition?.verdict?.reason ?? "its result is not the right one";
}

/** What its node says of the run beside its result. */
function remarksOf({ proposal }: ExecutionRecord): string {
  const { truncated = [], notes = [] } = proposal ?? {};
  const verb = truncated.length === 1 ? "was" : "were";
  const cut =
    truncated.length === 0
      ? []
      : [`${truncated.join(" and ")} ${verb} cut off: more was printed than is kept`];
  return [...cut, ...notes].join("; ");
}

/** The beginning of what was printed; marks alone where only those are known. */
function outputShape({ proposal }: ExecutionRecord, output: RunOutput | undefined): Json | null {
  const truncated = proposal?.truncated ?? [];
  const marks = {
    StdoutTruncated: truncated.includes("stdout") || output?.stdoutTruncated === true,
    StderrTruncated: truncated.includes("stderr") || output?.stderrTruncated === true,
  };
  if (output === undefined) return truncated.length === 0 ? null : marks;
  return {
    Stdout: output.stdout,
    StdoutTruncated: marks.StdoutTruncated,
    stderr: output.stderr,
    StderrTruncated: marks.StderrTruncated,
    ExitCode: output.exitCode,
    ErrorMsg: "",
  };
}

function detailsOf(execution: ExecutionRecord, partition: PartitionRecord | undefined): Json {
  const { state, proposal, failure } = execution;
  const verdict = partition?.verdict;
  const judged = verdict !== undefined && proposal !== undefined;
  return {
    State: state,
    ...(judged && { Verdict: agrees(verdict, proposal) ? "verified" : "refuted", Reason: verdict.reason }),
    ...(proposal !== undefined && {
      Digest: proposal.digest,
      CID: proposal.cid,
      SizeBytes: String(proposal.sizeBytes),
      ...(proposal.image !== undefined && { Image: proposal.image }),
    }),
    ...(failure !== undefined && { Code: failure.code, Blame: failure.blame }),
    ...(execution.retrievable !== undefined && { Retrievable: String(execution.retrievable) }),
  };
}

/** Where something is, by the kind of place. */
export interface Location {
  readonly Type: string;
  readonly Params: Json;
}

/** Our parameters' names as the contract writes them. */
const PARAMETER_NAMES: Readonly<Record<string, string>> = { cid: "CID", url: "URL" };

/** Where a result is. What was found bad isn't shown, nor a URL that wasn't checked: nobody is to be sent there. */
function publishedShape({ publication, retrievable }: ExecutionRecord): Location {
  const isShown = retrievable ?? publication?.params["url"] === undefined;
  return publication !== undefined && isShown ? specShape(publication) : NO_SPEC;
}

/** A publication, or any other thing by type. */
function specShape({ type, params }: Spec): Location {
  const named = Object.entries(params).map(([name, value]) => [PARAMETER_NAMES[name] ?? name, value]);
  return { Type: type, Params: Object.fromEntries(named) as Json };
}

/** Amounts as numbers: cores, bytes, devices. */
export function resourcesShape(resources: Resources): Json {
  return {
    CPU: resources.cpuMillis / 1000,
    Memory: resources.memoryBytes,
    Disk: resources.diskBytes,
    GPU: resources.gpus,
  };
}

/** What clients print as an error, and not at all where nothing says that it is one. */
const ERRORS: ReadonlySet<string> = new Set(["job/failed", "execution/failed", "execution/refuted"]);

/** Something that happened, as history and the event stream tell it. */
export function eventShape(event: JobEventRecord): Json {
  const time = new Date(event.atMs).toISOString();
  const details = ERRORS.has(event.topic) ? { ...event.details, IsError: "true" } : event.details;
  return {
    SeqNum: event.seq,
    Type: event.executionId === undefined ? "JobLevel" : "ExecutionLevel",
    JobID: event.jobId,
    JobVersion: event.jobVersion,
    ExecutionID: event.executionId ?? "",
    Event: { Message: event.message, Topic: event.topic, Timestamp: time, Details: details },
    Time: time,
  };
}

/** What each completed partition published. */
export function publicationsOf({
  partitions,
  executions,
}: Pick<StoredJob, "partitions" | "executions">): readonly {
  readonly index: number;
  readonly publication: Spec;
}[] {
  const byId = new Map(executions.map((execution) => [execution.id, execution]));
  return partitions.flatMap(({ index, completedBy }) => {
    const publication = completedBy === undefined ? undefined : byId.get(completedBy)?.publication;
    return publication === undefined ? [] : [{ index, publication }];
  });
}

/** Where a job's results are: one item a completed partition, each place once. */
export function resultShapes(view: StoredJob): readonly Location[] {
  const items = publicationsOf(view).map(({ publication }) => specShape(publication));
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}
