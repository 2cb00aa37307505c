import { type JobDocument, type ParsedJob, parseJobDocument, toHex } from "@gadus/protocol";
import { jobWarnings } from "./job-warnings.ts";
import { checkTypes, newJob } from "./new-job.ts";
import type { RequesterOptions } from "./options.ts";
import type { JobRecord } from "./records.ts";
import type { RequesterPorts } from "./requester-ports.ts";
import type { TaskResolver } from "./resolve-task.ts";
import type { StoredJob } from "./store.ts";

/** A job that was read and checked, and isn't stored yet; its inline inputs are. */
export interface PreparedJob {
  readonly view: StoredJob;
  readonly document: JobDocument;
  readonly warnings: readonly string[];
}

/** What jobs are prepared with. */
export interface PreparePorts extends Omit<RequesterPorts, "options"> {
  readonly options: RequesterOptions;
}

/**
 * Reads and checks what a submitter sent.
 *
 * @throws {ProtocolError} `protocol/invalid-document`
 */
export function readJob(value: unknown, ports: PreparePorts): ParsedJob {
  const parsed = parseJobDocument(value, ports.options.defaults);
  checkTypes(parsed.spec, ports);
  return { ...parsed, warnings: [...parsed.warnings, ...jobWarnings(parsed)] };
}

/** Makes a job, or a version of one, of what was read. */
export async function prepareJob(
  { document, spec: parsed, warnings }: ParsedJob,
  { jobId, jobVersion }: Pick<JobRecord, "jobId" | "jobVersion">,
  resolver: TaskResolver,
  { clock, randomness, options }: PreparePorts,
): Promise<PreparedJob> {
  const { spec, sizes } = await resolver.keepInlines(parsed);
  const task = resolver.resolveAtOnce(jobId, spec, sizes);
  const selectionSeed = toHex(randomness.bytes(32));
  const view = newJob({ jobId, jobVersion, spec, task, selectionSeed, nowMs: clock.nowMs() }, options);
  return { view, document, warnings };
}
