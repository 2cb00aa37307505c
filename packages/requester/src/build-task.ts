import { fromHex, type Image, type JobSpec, type Task, type TaskTerms } from "@gadus/protocol";
import { sha256 } from "@noble/hashes/sha2.js";
import { imageOf } from "./image-of.ts";
import { DEFAULT_REQUESTER_OPTIONS, type RequesterOptions } from "./options.ts";

/** An input whose content is fixed. */
export type ResolvedInput = TaskTerms["inputs"][number];

/** What a task has whose document doesn't say. */
type TaskDefaults = Pick<RequesterOptions, "defaultResources" | "defaultFuel" | "executionTimeoutMs">;

/** What fixes the bytes that an engine yields, by engine. */
const PROFILES = { wasm: "wasm/1", docker: "docker/1", noop: "noop/0" } as const;

/** What of a task is fixed before any node is asked. */
export interface Resolved {
  readonly inputs: readonly ResolvedInput[];
  /** The image by digest or id; where it is absent, the image stays as its document names it. */
  readonly image?: string | undefined;
}

/** The task of `spec` with what it reads fixed, before it is split into partitions. */
export function buildTask(
  jobId: string,
  spec: JobSpec,
  { inputs, image }: Resolved,
  { defaultResources, defaultFuel, executionTimeoutMs }: TaskDefaults = DEFAULT_REQUESTER_OPTIONS,
): Task {
  const { task } = spec;
  return {
    terms: {
      jobId,
      jobType: spec.type,
      partition: 0,
      partitionCount: spec.count,
      engine: task.engine.type,
      profile: PROFILES[task.engine.type],
      inputs: [...inputs],
      resources: { ...defaultResources, ...task.resources },
      ...fuelOf(task.engine, defaultFuel),
      ...(task.engine.writableRoot === true && { writableRoot: true }),
      ...termsOf(image === undefined ? imageOf(task) : { from: "name", reference: image }),
      network: { type: task.network.type, domains: [...task.network.domains] },
      verifier: spec.verifier.type,
      publisher: task.publisher.type,
      executionTimeoutMs: task.timeouts.executionMs ?? executionTimeoutMs,
      priority: spec.priority,
    },
    details: {
      name: task.name || "main",
      engineParams: { ...task.engine.params },
      mounts: task.inputs.map(({ target, alias }) => ({ target, alias })),
      resultPaths: task.resultPaths.map(({ name, path }) => ({ name, path })),
      environment: { ...task.environment },
      publisherParams: task.publisher.params,
      epochMs: task.engine.epochMs,
      seed: fromHex(task.engine.seed),
    },
  };
}

function termsOf(image: Image | undefined): Pick<TaskTerms, "image"> {
  return image === undefined ? {} : { image };
}

/** The fuel of a task whose engine counts instructions. */
function fuelOf({ type, params }: JobSpec["task"]["engine"], defaultFuel: number): Pick<TaskTerms, "fuel"> {
  if (type !== "wasm") return {};
  return { fuel: "fuel" in params && params.fuel !== undefined ? params.fuel : defaultFuel };
}

/** The task of one partition: its own index, environment and seed (`sha256(job seed ‖ partition index)`). */
export function taskOf(base: Task, partition: number): Task {
  const { terms, details } = base;
  const index = new Uint8Array(4);
  new DataView(index.buffer).setUint32(0, partition);
  const environment = { ...details.environment };
  for (const prefix of ["BACALHAU", "GADUS"]) {
    environment[`${prefix}_JOB_ID`] = terms.jobId;
    environment[`${prefix}_JOB_TYPE`] = terms.jobType;
    environment[`${prefix}_PARTITION_INDEX`] = String(partition);
    environment[`${prefix}_PARTITION_COUNT`] = String(terms.partitionCount);
  }
  const seed = sha256.create().update(details.seed).update(index).digest();
  return { terms: { ...terms, partition }, details: { ...details, environment, seed } };
}
