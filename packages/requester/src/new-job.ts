import { invalidField, type JobSpec, type Task } from "@gadus/protocol";
import { checkImage } from "./image-of.ts";
import { timesOf } from "./job-times.ts";
import type { RequesterOptions } from "./options.ts";
import type { JobRecord, PartitionRecord } from "./records.ts";
import type { RequesterPorts } from "./requester-ports.ts";
import { DEFAULT_STRATEGIES } from "./selection-strategies.ts";
import type { StoredJob } from "./store.ts";

/** What a job is made of when it is submitted. */
export interface NewJob {
  readonly jobId: string;
  readonly jobVersion: number;
  readonly spec: JobSpec;
  /** Undefined until its sources are fixed. */
  readonly task: Task | undefined;
  readonly selectionSeed: string;
  readonly nowMs: number;
}

/** The records of a job that nothing has happened to yet. */
export function newJob(
  { jobId, jobVersion, spec, task, selectionSeed, nowMs }: NewJob,
  options: RequesterOptions,
): StoredJob {
  const ownership = { jobId, jobVersion, namespace: spec.namespace, owner: "", revision: 0 };
  const job: JobRecord = {
    ...ownership,
    spec,
    desired: "run",
    stopReason: undefined,
    task,
    selectionSeed,
    failure: undefined,
    waiting: undefined,
    deadlineMs: nowMs + timesOf(spec, options).totalMs,
    createdAtMs: nowMs,
    modifiedAtMs: nowMs,
    closed: false,
    status: "Pending",
  };
  const partitions = Array.from({ length: spec.count }, (_, index): PartitionRecord => {
    const target = spec.deal.concurrency;
    return { ...ownership, index, rounds: 0, target, verdict: undefined, completedBy: undefined };
  });
  return { job, partitions, executions: [] };
}

/**
 * Refuses a job that names a verifier, publisher, source or strategy that this requester doesn't know, or an image that
 * each of its nodes could take for another.
 *
 * @throws {ProtocolError} `protocol/invalid-document`
 */
export function checkTypes(
  spec: JobSpec,
  {
    verifiers,
    publishers,
    storage,
    urls,
    images,
    strategies = DEFAULT_STRATEGIES,
  }: Pick<RequesterPorts, "verifiers" | "publishers" | "storage" | "urls" | "images" | "strategies">,
): void {
  const need = (field: string, what: string, type: string, known: ReadonlyMap<string, unknown>): void => {
    if (known.has(type)) return;
    throw invalidField(
      field,
      `unknown ${what} "${type}"`,
      `Use one of ${Array.from(known.keys()).join(", ")}.`,
    );
  };
  need("Deal.Selection", "strategy", spec.deal.selection, strategies);
  need("Verifier.Type", "verifier", spec.verifier.type, verifiers);
  need("Tasks[0].Publisher.Type", "publisher", spec.task.publisher.type, publishers);
  for (const [index, { source }] of spec.task.inputs.entries()) {
    const field = `Tasks[0].InputSources[${index}].Source.Type`;
    if (source.type !== "http") need(field, "source", source.type, storage);
    else if (urls === undefined) {
      throw invalidField(field, "this node fetches no URLs", "Its operator can allow it in inputs.http.");
    }
  }
  if (spec.task.engine.type === "wasm" && spec.task.network.type !== "none") {
    throw invalidField("Tasks[0].Network.Type", "WebAssembly has no network", "Use None.");
  }
  checkImage(spec, { verifiers, images });
}
