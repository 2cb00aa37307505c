import {
  type Clock,
  type InputSpec,
  invalidField,
  type JobSpec,
  type Spec,
  type Task,
  type TaskTerms,
  fromHex,
} from "@gadus/protocol";
import { type ContentStore, parseDataUrl, type StorageSource } from "@gadus/storage";
import { sha256 } from "@noble/hashes/sha2.js";
import { InputLookups } from "./input-lookups.ts";
import type { RequesterOptions } from "./options.ts";

/** An input whose content is fixed. */
type ResolvedInput = TaskTerms["inputs"][number];

/** What fixes the bytes that an engine yields, by engine. */
const PROFILES = { wasm: "wasm/1", noop: "noop/0" } as const;
/** Characters of inline inputs remembered, so that the same module sent a thousand times is hashed once. */
const MAX_REMEMBERED_LENGTH = 8 * 1024 * 1024;

/** What sources are fixed with. */
export interface ResolverPorts {
  readonly content: ContentStore;
  /** By type. */
  readonly storage: ReadonlyMap<string, StorageSource>;
  readonly clock: Clock;
  readonly options: RequesterOptions;
}

/** Turns inline inputs into content when a job is submitted, and fixes what every other source stands for. */
export class TaskResolver {
  readonly #content: ContentStore;
  readonly #lookups: InputLookups;
  readonly #options: RequesterOptions;
  readonly #inlines = new Map<string, ResolvedInput>();
  #inlinesLength = 0;

  constructor({ content, storage, clock, options }: ResolverPorts) {
    this.#content = content;
    this.#lookups = new InputLookups({ content, ipfs: storage.get("ipfs"), clock, options });
    this.#options = options;
  }

  /** `spec` with each inline input kept, durably, as content of this node and named by its CID. */
  async keepInlines(
    spec: JobSpec,
  ): Promise<{ readonly spec: JobSpec; readonly sizes: ReadonlyMap<string, number> }> {
    const sizes = new Map<string, number>();
    const inputs: InputSpec[] = [];
    for (const [index, input] of spec.task.inputs.entries()) {
      if (input.source.type === "inline") {
        const kept = await this.#keep(String(input.source.params["url"]), index);
        sizes.set(String(kept.source.params["cid"]), kept.sizeBytes ?? 0);
        inputs.push({ ...input, source: kept.source });
      } else inputs.push(input);
    }
    return { spec: { ...spec, task: { ...spec.task, inputs } }, sizes };
  }

  /** The task of `spec`, if the sizes of all its contents are known already; otherwise undefined. */
  resolveAtOnce(jobId: string, spec: JobSpec, sizes: ReadonlyMap<string, number>): Task | undefined {
    const inputs: ResolvedInput[] = [];
    for (const { source } of spec.task.inputs) {
      const sizeBytes = sizes.get(String(source.params["cid"]));
      if (source.type === "ipfs" && sizeBytes === undefined) return undefined;
      inputs.push(sizeBytes === undefined ? { source } : { source, sizeBytes });
    }
    return this.#build(jobId, spec, inputs);
  }

  /**
   * The task of `spec`, once every content that it names was found.
   *
   * @throws {RequesterError} `requester/not-runnable` naming the one that can't be found in time
   */
  async resolve(jobId: string, spec: JobSpec, signal: AbortSignal): Promise<Task> {
    const failed = new AbortController();
    const within = AbortSignal.any([failed.signal, signal]);
    try {
      const inputs = spec.task.inputs.map(({ source }) => this.#find(source, within));
      return this.#build(jobId, spec, await Promise.all(inputs));
    } finally {
      failed.abort(new Error("another input can't be found"));
    }
  }

  async #keep(url: string, index: number): Promise<ResolvedInput> {
    const known = this.#inlines.get(url);
    if (known !== undefined && (await this.#content.has(String(known.source.params["cid"])))) return known;
    const bytes = parseInline(url, `Tasks[0].InputSources[${index}].Source.Params.URL`);
    const { cid, sizeBytes } = await this.#content.add(bytes);
    const kept: ResolvedInput = { source: { type: "ipfs", params: { cid } }, sizeBytes };
    this.#remember(url, kept);
    return kept;
  }

  #remember(url: string, kept: ResolvedInput): void {
    if (this.#inlines.has(url) || url.length > MAX_REMEMBERED_LENGTH / 8) return;
    this.#inlines.set(url, kept);
    this.#inlinesLength += url.length;
    for (const oldest of this.#inlines.keys()) {
      if (this.#inlinesLength <= MAX_REMEMBERED_LENGTH) return;
      this.#inlines.delete(oldest);
      this.#inlinesLength -= oldest.length;
    }
  }

  async #find(source: Spec, signal: AbortSignal): Promise<ResolvedInput> {
    const cid = source.params["cid"];
    if (source.type !== "ipfs" || typeof cid !== "string") return { source };
    const sizeBytes = await this.#lookups.sizeOf(source, cid, signal);
    return sizeBytes === undefined ? { source } : { source, sizeBytes };
  }

  #build(jobId: string, spec: JobSpec, inputs: readonly ResolvedInput[]): Task {
    const { task } = spec;
    const { defaultResources, executionTimeoutMs } = this.#options;
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
        ...fuelOf(task.engine, this.#options),
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
}

/** The fuel of a task whose engine counts instructions. */
function fuelOf(
  { type, params }: JobSpec["task"]["engine"],
  { defaultFuel }: RequesterOptions,
): Pick<TaskTerms, "fuel"> {
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

function parseInline(url: string, field: string): Uint8Array {
  try {
    return parseDataUrl(url);
  } catch (error) {
    const state = error instanceof Error ? error.message : "not a data: URL";
    throw invalidField(field, state, "Write data:;base64,… or data:,text.");
  }
}
