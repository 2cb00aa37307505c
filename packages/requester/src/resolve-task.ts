import {
  type Clock,
  type InputSpec,
  invalidField,
  type JobSpec,
  messageOf,
  type Spec,
  type Task,
} from "@gadus/protocol";
import type { ImageResolver } from "@gadus/executor";
import {
  type ContentStore,
  isArchiveUrl,
  parseDataUrl,
  type StorageSource,
  unpackArchive,
  type UrlReader,
} from "@gadus/storage";
import type { Verifier } from "@gadus/verifier";
import { buildTask, type ResolvedInput } from "./build-task.ts";
import { ImageLookups } from "./image-lookups.ts";
import { looseImage } from "./image-of.ts";
import { InputLookups } from "./input-lookups.ts";
import type { RequesterOptions } from "./options.ts";
import { UrlInputs } from "./url-inputs.ts";

/** Characters of inline inputs remembered, so that the same module sent a thousand times is hashed once. */
const MAX_REMEMBERED_LENGTH = 8 * 1024 * 1024;

/** What sources are fixed with. */
export interface ResolverPorts {
  readonly content: ContentStore;
  /** By type. */
  readonly storage: ReadonlyMap<string, StorageSource>;
  readonly urls?: UrlReader | undefined;
  readonly images?: ImageResolver | undefined;
  /** By type. */
  readonly verifiers: ReadonlyMap<string, Verifier>;
  readonly clock: Clock;
  readonly options: RequesterOptions;
}

/** Turns inline inputs into content when a job is submitted, and fixes what every other source stands for. */
export class TaskResolver {
  readonly #content: ContentStore;
  readonly #lookups: InputLookups;
  readonly #urls: UrlInputs;
  readonly #images: ImageLookups;
  readonly #verifiers: ResolverPorts["verifiers"];
  readonly #options: RequesterOptions;
  readonly #inlines = new Map<string, ResolvedInput>();
  #inlinesLength = 0;

  constructor({ content, storage, urls, images, verifiers, clock, options }: ResolverPorts) {
    this.#content = content;
    this.#urls = new UrlInputs({ content, urls, http: storage.get("http"), options });
    this.#lookups = new InputLookups({ content, ipfs: storage.get("ipfs"), clock, options });
    this.#images = new ImageLookups({ images, clock, options });
    this.#verifiers = verifiers;
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

  /** The task of `spec`, if its image is fixed and the sizes of all its contents are known; otherwise undefined. */
  resolveAtOnce(jobId: string, spec: JobSpec, sizes: ReadonlyMap<string, number>): Task | undefined {
    if (looseImage(spec, this.#verifiers) !== undefined) return undefined;
    const inputs: ResolvedInput[] = [];
    for (const { source } of spec.task.inputs) {
      const sizeBytes = sizes.get(String(source.params["cid"]));
      if (source.type === "http" || (source.type === "ipfs" && sizeBytes === undefined)) return undefined;
      inputs.push(sizeBytes === undefined ? { source } : { source, sizeBytes });
    }
    return buildTask(jobId, spec, { inputs }, this.#options);
  }

  /**
   * The task of `spec`, once every content and the image that it names were found.
   *
   * @throws {RequesterError} `requester/not-runnable` naming the one that can't be found in time, or fixed
   */
  async resolve(jobId: string, spec: JobSpec, signal: AbortSignal): Promise<Task> {
    const failed = new AbortController();
    const within = AbortSignal.any([failed.signal, signal]);
    try {
      const loose = looseImage(spec, this.#verifiers);
      const found = spec.task.inputs.map(({ source }, index) => this.#find(source, index, within));
      const [image, inputs] = await Promise.all([
        loose === undefined ? undefined : this.#images.fix(loose, within),
        Promise.all(found),
      ]);
      return buildTask(jobId, spec, { inputs, image }, this.#options);
    } finally {
      failed.abort(new Error("something else of the task can't be found"));
    }
  }

  async #keep(url: string, index: number): Promise<ResolvedInput> {
    const known = this.#inlines.get(url);
    if (known !== undefined && (await this.#content.has(String(known.source.params["cid"])))) return known;
    const { cid, sizeBytes } = await this.#add(url, `Tasks[0].InputSources[${index}].Source.Params.URL`);
    const kept: ResolvedInput = { source: { type: "ipfs", params: { cid } }, sizeBytes };
    this.#remember(url, kept);
    return kept;
  }

  async #add(url: string, field: string): Promise<{ cid: string; sizeBytes: number }> {
    const bytes = parseInline(url, field);
    if (!isArchiveUrl(url)) return this.#content.add(bytes);
    const files = await unpackArchive(bytes).catch((error: unknown) => {
      const hint =
        "A data: URL of type application/gzip holds a .tar.gz, which is unpacked; to give the bytes as they are, write data:application/octet-stream;base64,….";
      throw invalidField(field, messageOf(error), hint);
    });
    return this.#content.addFolder(files);
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

  async #find(source: Spec, index: number, signal: AbortSignal): Promise<ResolvedInput> {
    if (source.type === "http")
      return this.#urls.fix(source, `Tasks[0].InputSources[${index}].Source`, signal);
    const cid = source.params["cid"];
    if (source.type !== "ipfs" || typeof cid !== "string") return { source };
    const sizeBytes = await this.#lookups.sizeOf(source, cid, signal);
    return sizeBytes === undefined ? { source } : { source, sizeBytes };
  }
}

function parseInline(url: string, field: string): Uint8Array {
  try {
    return parseDataUrl(url);
  } catch (error) {
    const state = error instanceof Error ? error.message : "not a data: URL";
    throw invalidField(field, state, "Write data:;base64,… or data:,text.");
  }
}
