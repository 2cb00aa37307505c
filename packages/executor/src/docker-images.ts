import { createHash } from "node:crypto";
import type { ImageInspectInfo } from "dockerode";
import type { CallOptions } from "@gadus/protocol";
import { loadArchive, type Archive } from "./docker-archive.ts";
import type { DockerEngine } from "./docker-engine.ts";
import { engineFailed, isEngineGone, statusOf, wordsOf } from "./docker-error.ts";
import { pullImage } from "./docker-pull.ts";
import { imageIdOf, parseReference } from "./docker-reference.ts";
import { ExecutorError } from "./executor-error.ts";
import { isPublicRegistry } from "./public-registry.ts";
import { authFor, type Credentials, type RegistryAuth } from "./registry-auth.ts";
import { Shared } from "./shared.ts";

/** An image that the engine has. */
export interface HeldImage {
  /** `sha256:<64 hex digits>`: what is run. */
  readonly id: string;
  /** What it is told by: with the digest that its registry knows, or its id. */
  readonly name: string;
  readonly architecture: string;
  /** Folders that it declares as volumes. */
  readonly volumes: readonly string[];
}

/** An operator's rules about images. */
export interface ImageRules {
  /** Whether a named image is pulled: where it isn't here, whenever a tag names it, or not at all. @default missing */
  readonly pull: "missing" | "always" | "never";
  /** Registries that images are pulled from, such as `docker.io`. @default all */
  readonly registries?: readonly string[];
  /** Images that jobs may name, each `*` standing for any text. @default all */
  readonly allow?: readonly string[];
  /**
   * Whether anyone may send jobs: then images are only those that their registry gives to anyone, unless `allow` lists
   * them, and registries only those with public addresses, unless `registries` does. @default false
   */
  readonly isOpen?: boolean;
  readonly credentials: Credentials;
  /** Images that are pulled, or loaded, at one time. */
  readonly maxPulls: number;
  /** The largest archive that is loaded. */
  readonly maxArchiveBytes: number;
}

/** Whether an image can be had, as far as can be said without pulling it. */
export type Presence =
  | { readonly kind: "held"; readonly image: HeldImage }
  | { readonly kind: "pullable" }
  | { readonly kind: "refused"; readonly reason: string };

/** How long what a registry says of an image is believed. */
const BELIEVED_MS = 60_000;
/** How long an image that was here is taken to be here still: a bid and the run that follows look once. */
const HELD_MS = 10_000;
/** What is known of images at one time. */
const MAX_KNOWN = 1000;
/** Names that only we give. */
const OWN_NAMES = /^gadus-(archive|forward)([:@]|$)/;

/** The images of one engine. */
export class DockerImages {
  readonly #engine: DockerEngine;
  readonly #rules: ImageRules;
  readonly #fetches: Shared<HeldImage>;
  #archives = 0;
  readonly #held = new Map<string, { readonly untilMs: number; readonly image: HeldImage }>();
  readonly #believed = new Map<string, { readonly untilMs: number; readonly refusal: string | undefined }>();

  constructor(engine: DockerEngine, rules: ImageRules) {
    this.#engine = engine;
    this.#rules = rules;
    this.#fetches = new Shared(Math.max(1, rules.maxPulls));
  }

  /** Whether an image named `reference` can be run here; a bid waits for it. */
  async look(reference: string, options: CallOptions): Promise<Presence> {
    const rule = this.#refuseName(reference);
    if (rule !== undefined) return { kind: "refused", reason: rule };
    const image = await this.#findLately(reference, options);
    if (image !== undefined) {
      const reason = this.#refuseArchitecture(reference, [image.architecture]);
      if (reason !== undefined) return { kind: "refused", reason };
      const isPrivate = await this.#refusePrivate(reference, options);
      if (isPrivate !== undefined) return { kind: "refused", reason: isPrivate };
      if (!this.#isPulledAnew(reference)) return { kind: "held", image };
    }
    const unpullable = await this.#refusePull(reference);
    if (unpullable !== undefined) return { kind: "refused", reason: unpullable };
    if (this.#fetches.size >= this.#rules.maxPulls && !this.#fetches.has(reference)) {
      return { kind: "refused", reason: `it pulls ${this.#fetches.size} other images just now` };
    }
    const reason = await this.#askRegistry(reference, options);
    return reason === undefined ? { kind: "pullable" } : { kind: "refused", reason };
  }

  /**
   * The image named `reference`, pulled if it must be.
   *
   * @throws {ExecutorError} `executor/image-missing` with what the registry says, `executor/image-not-allowed`
   */
  async have(
    reference: string,
    progress: (message: string) => void,
    options: CallOptions,
  ): Promise<HeldImage> {
    const rule = this.#refuseName(reference);
    if (rule !== undefined) throw notAllowed(reference, rule);
    const held = this.#isPulledAnew(reference) ? undefined : await this.#findLately(reference, options);
    const image = held ?? (await this.#pull(reference, progress, options));
    const reason = this.#refuseArchitecture(reference, [image.architecture]);
    if (reason !== undefined) throw notAllowed(reference, reason);
    return image;
  }

  /** The image of an archive, loaded under no name that its author chose. */
  async haveArchive(
    archive: Archive,
    progress: (message: string) => void,
    options: CallOptions,
  ): Promise<HeldImage> {
    const tag = archive.cid === undefined ? undefined : tagOf(archive.cid);
    const held = tag === undefined ? undefined : await this.find(tag, options);
    if (held !== undefined) return { ...held, name: held.id };
    const { maxArchiveBytes } = this.#rules;
    const load = async (tell: (message: string) => void, signal: AbortSignal): Promise<HeldImage> => {
      const id = await loadArchive(this.#engine, archive, { maxArchiveBytes, progress: tell }, { signal });
      if (tag !== undefined) await this.#tag(id, tag, signal);
      const image = await this.find(id, { signal });
      if (image === undefined) throw missing(id, "the engine loaded it and doesn't have it");
      return { ...image, name: image.id };
    };
    // One without a CID is nobody else's.
    const image = await this.#fetches.run(tag ?? `archive ${(this.#archives += 1)}`, load, progress, options);
    const reason = this.#refuseArchitecture("of the archive", [image.architecture]);
    if (reason !== undefined) throw notAllowed(image.id, reason);
    return image;
  }

  /** Whether the image of the archive behind `cid` was loaded before. */
  async holdsArchive(cid: string, options: CallOptions): Promise<boolean> {
    return (await this.find(tagOf(cid), options)) !== undefined;
  }

  /** Looks for `reference` anew when it is asked for next: it wasn't there any more. */
  forget(reference: string): void {
    this.#held.delete(reference);
  }

  /** The image named `reference` that the engine has already; no registry is asked. */
  async find(reference: string, { signal }: CallOptions): Promise<HeldImage | undefined> {
    try {
      const image = this.#engine.docker.getImage(localName(reference));
      const found = await image.inspect({ ...(signal && { abortSignal: signal }) });
      return {
        id: found.Id,
        name: nameOf(found, reference),
        architecture: found.Architecture,
        volumes: Object.keys(found.Config?.Volumes ?? {}),
      };
    } catch (error) {
      signal?.throwIfAborted();
      if (statusOf(error) === 404) return undefined;
      throw engineFailed(`look for image "${reference}"`, error);
    }
  }

  /**
   * `reference` by content: the digest that its registry knows it by, or an image id where none does.
   *
   * @throws {ExecutorError} `executor/image-missing`, `executor/image-not-allowed`
   */
  async resolve(reference: string, options: CallOptions): Promise<string> {
    const rule = this.#refuseName(reference);
    if (rule !== undefined) throw notAllowed(reference, rule);
    const held = await this.find(reference, options);
    if (held !== undefined) return held.name;
    const refusal = await this.#refusePull(reference);
    if (refusal !== undefined) throw notAllowed(reference, refusal);
    const { digest } = await this.#distribution(reference, options);
    return `${parseReference(reference).name}@${digest}`;
  }

  /** Like `find`, but for what was found a moment ago. */
  async #findLately(reference: string, options: CallOptions): Promise<HeldImage | undefined> {
    const nowMs = Date.now();
    const known = this.#held.get(reference);
    if (known !== undefined && known.untilMs > nowMs) return known.image;
    const image = await this.find(reference, options);
    if (image === undefined) this.#held.delete(reference);
    else {
      if (this.#held.size >= MAX_KNOWN) this.#held.clear();
      this.#held.set(reference, { untilMs: nowMs + HELD_MS, image });
    }
    return image;
  }

  async #pull(
    reference: string,
    progress: (message: string) => void,
    options: CallOptions,
  ): Promise<HeldImage> {
    const refusal = await this.#refusePull(reference);
    if (refusal !== undefined) throw notAllowed(reference, refusal);
    const pull = async (tell: (message: string) => void, signal: AbortSignal): Promise<HeldImage> => {
      const auth = await this.#authFor(reference);
      await pullImage(this.#engine, { reference: localName(reference), auth, progress: tell }, { signal });
      const image = await this.find(reference, { signal });
      if (image === undefined) throw missing(reference, "the engine pulled it and doesn't have it");
      return image;
    };
    return this.#fetches.run(reference, pull, progress, options);
  }

  async #tag(id: string, tag: string, signal: AbortSignal): Promise<void> {
    const [repo = "", name] = tag.split(":");
    try {
      await this.#engine.docker.getImage(id).tag({ repo, tag: name ?? "latest", abortSignal: signal });
    } catch (error) {
      signal.throwIfAborted();
      throw engineFailed(`name image ${id}`, error);
    }
  }

  /** What the registry has against pulling `reference`, in its own words; undefined where nothing. */
  async #askRegistry(reference: string, options: CallOptions): Promise<string | undefined> {
    const nowMs = Date.now();
    const known = this.#believed.get(reference);
    if (known !== undefined && known.untilMs > nowMs) return known.refusal;
    let refusal: string | undefined;
    try {
      const { architectures } = await this.#distribution(reference, options);
      refusal = this.#refuseArchitecture(reference, architectures);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof ExecutorError) || error.code !== "executor/image-missing") throw error;
      refusal = error.message;
    }
    if (this.#believed.size >= MAX_KNOWN) this.#believed.clear();
    this.#believed.set(reference, { untilMs: nowMs + BELIEVED_MS, refusal });
    return refusal;
  }

  async #distribution(
    reference: string,
    { signal }: CallOptions,
  ): Promise<{ readonly digest: string; readonly architectures: readonly string[] }> {
    try {
      const auth = await this.#authFor(reference);
      const { Descriptor, Platforms } = await this.#engine.docker
        .getImage(localName(reference))
        .distribution({
          ...(auth && { authconfig: auth }),
          ...(signal && { abortSignal: signal }),
        });
      const architectures = (Platforms ?? []).map(({ architecture }) => architecture).filter(Boolean);
      return { digest: Descriptor.digest, architectures };
    } catch (error) {
      signal?.throwIfAborted();
      if (isEngineGone(error)) throw engineFailed(`ask for image "${reference}"`, error);
      throw missing(reference, wordsOf(error), error);
    }
  }

  /** Whether `reference` is pulled even though the engine has it: what is named by content never changes. */
  #isPulledAnew(reference: string): boolean {
    const byContent = imageIdOf(reference) ?? parseReference(reference).digest;
    return this.#rules.pull === "always" && byContent === undefined;
  }

  #refuseName(reference: string): string | undefined {
    if (OWN_NAMES.test(reference)) return "gadus-archive and gadus-forward are Gadus' own";
    const { allow } = this.#rules;
    if (allow === undefined || this.#isListed(reference)) return undefined;
    return `its operator allows ${allow.length === 0 ? "none" : allow.join(", ")}`;
  }

  /** Why an image that is here is nobody else's to run; undefined where it is. */
  async #refusePrivate(reference: string, options: CallOptions): Promise<string | undefined> {
    if (this.#rules.isOpen !== true || this.#isListed(reference)) return undefined;
    const hint = "its operator can list it in compute.docker.allowImages";
    if (imageIdOf(reference) !== undefined) return `an image id may be of a private image: ${hint}`;
    const unpullable = (await this.#refusePull(reference)) ?? (await this.#askRegistry(reference, options));
    return unpullable === undefined ? undefined : `no registry gives it to anyone (${unpullable}): ${hint}`;
  }

  /** The operator's credentials, for images that the operator lets be run by who may send jobs. */
  async #authFor(reference: string): Promise<RegistryAuth | undefined> {
    if (this.#rules.isOpen === true && !this.#isListed(reference)) return undefined;
    return authFor(parseReference(reference).registry, this.#rules.credentials);
  }

  #isListed(reference: string): boolean {
    return this.#rules.allow?.some((pattern) => matches(pattern, reference)) === true;
  }

  async #refusePull(reference: string): Promise<string | undefined> {
    const what = `image "${reference}"`;
    if (imageIdOf(reference) !== undefined) return `it doesn't have ${what}, and no registry knows image ids`;
    if (this.#rules.pull === "never") return `it doesn't have ${what}, and pulls none (pull: never)`;
    const { registries } = this.#rules;
    const { registry } = parseReference(reference);
    if (registries?.includes(registry) === true) return undefined;
    const isPublic = this.#rules.isOpen !== true || (await isPublicRegistry(registry));
    if (registries === undefined && isPublic) return undefined;
    return `it doesn't have ${what}, and pulls none from ${registry}`;
  }

  #refuseArchitecture(reference: string, architectures: readonly string[]): string | undefined {
    const own = this.#engine.info()?.architecture;
    if (own === undefined || architectures.length === 0 || architectures.includes(own)) return undefined;
    return `image ${reference} is for ${architectures.join(", ")}, and this machine is ${own}`;
  }
}

/** Under which name the image of an archive is kept: its content's own. */
function tagOf(cid: string): string {
  return `gadus-archive:${createHash("sha256").update(cid).digest("hex").slice(0, 40)}`;
}

/** A tag beside a digest says nothing, and the engine finds no image by both. */
function localName(reference: string): string {
  if (imageIdOf(reference) !== undefined) return reference;
  const { name, tag, digest } = parseReference(reference);
  return digest === undefined ? `${name}:${tag ?? "latest"}` : `${name}@${digest}`;
}

function nameOf({ Id, RepoDigests }: ImageInspectInfo, reference: string): string {
  if (imageIdOf(reference) !== undefined) return Id;
  const { name, digest } = parseReference(reference);
  if (digest !== undefined) return `${name}@${digest}`;
  const familiar = name.replace(/^docker\.io\/(library\/)?/, "");
  return (RepoDigests ?? []).find((each) => parseReference(each).name === familiar) ?? Id;
}

/** Whether `text` is what `pattern` says, where each `*` is any text. */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(text);
}

function missing(reference: string, state: string, cause?: unknown): ExecutorError {
  return new ExecutorError("executor/image-missing", `Cannot have image "${reference}": ${state}`, {
    blame: "nobody",
    field: "Tasks[0].Engine.Params.Image",
    cause,
  });
}

function notAllowed(reference: string, state: string): ExecutorError {
  return new ExecutorError("executor/image-not-allowed", `Cannot run image "${reference}": ${state}`, {
    blame: "nobody",
    field: "Tasks[0].Engine.Params.Image",
  });
}
