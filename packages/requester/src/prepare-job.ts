import { type JobDocument, newId, parseJobDocument, toHex } from "@gadus/protocol";
import { checkTypes, newJob } from "./new-job.ts";
import type { RequesterOptions } from "./options.ts";
import type { RequesterPorts } from "./requester-ports.ts";
import type { TaskResolver } from "./resolve-task.ts";
import type { StoredJob } from "./store.ts";

/** A job that was read and checked, and isn't stored yet; its inline inputs are. */
export interface PreparedJob {
  readonly view: StoredJob;
  readonly document: JobDocument;
  readonly warnings: readonly string[];
}

/**
 * Makes a job of what a submitter sent.
 *
 * @throws {ProtocolError} `protocol/invalid-document`
 */
export async function prepareJob(
  value: unknown,
  resolver: TaskResolver,
  ports: Omit<RequesterPorts, "options"> & { readonly options: RequesterOptions },
): Promise<PreparedJob> {
  const { clock, randomness, options } = ports;
  const { document, spec: parsed, warnings } = parseJobDocument(value, options.defaults);
  checkTypes(parsed, ports);
  const { spec, sizes } = await resolver.keepInlines(parsed);
  const jobId = newId("j", randomness);
  const task = resolver.resolveAtOnce(jobId, spec, sizes);
  const selectionSeed = toHex(randomness.bytes(32));
  const view = newJob({ jobId, spec, task, selectionSeed, nowMs: clock.nowMs() }, options);
  return { view, document, warnings };
}
