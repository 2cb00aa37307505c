import {
  type Image,
  type InputSpec,
  invalidField,
  isFixedImage,
  type JobSpec,
  parseImageReference,
  type TaskTerms,
} from "@gadus/protocol";
import type { ImageResolver } from "@gadus/executor";
import type { Verifier } from "@gadus/verifier";

/** Where a job's document names its image. */
export const IMAGE_FIELD = "Tasks[0].Engine.Params.Image";
/** How an image is named whose bytes must be the same for all. */
export const IMAGE_HINT =
  "Name it by digest (name@sha256:…), by image id (sha256:…) or as an archive of `docker save` behind a CID.";

/** Sources whose content this requester names by CID, or by one version, before any node is asked. */
const FIXED_SOURCES: ReadonlySet<string> = new Set(["ipfs", "inline", "http"]);

/** The image of a task that runs a container, as its document names it; undefined of any other. */
export function imageOf({ engine, inputs }: JobSpec["task"]): Image | undefined {
  if (!("image" in engine.params)) return undefined;
  const { image } = engine.params;
  if (!image.startsWith("/")) return { from: "name", reference: parseImageReference(image, IMAGE_FIELD) };
  return { from: "input", input: inputs.findIndex(({ target }) => target === image) };
}

/** What the `has` of a bid calls a task's image: its reference, or its archive's CID. */
export function nameInBids({ image, inputs }: TaskTerms): string | undefined {
  if (image?.from === "name") return image.reference;
  const cid = image && inputs[image.input]?.source.params["cid"];
  return typeof cid === "string" ? cid : undefined;
}

/** The image's reference, if what it stands for must be fixed before any node is asked; otherwise undefined. */
export function looseImage(spec: JobSpec, verifiers: ReadonlyMap<string, Verifier>): string | undefined {
  const image = imageOf(spec.task);
  if (image?.from !== "name" || isFixedImage(image.reference)) return undefined;
  return compares(spec, verifiers) ? image.reference : undefined;
}

/**
 * Refuses a job whose results are compared and whose image could be another on each node.
 *
 * @throws {ProtocolError} `protocol/invalid-document`
 */
export function checkImage(
  spec: JobSpec,
  { verifiers, images }: { verifiers: ReadonlyMap<string, Verifier>; images?: ImageResolver | undefined },
): void {
  const image = imageOf(spec.task);
  if (image === undefined || !compares(spec, verifiers)) return;
  if (image.from === "name") {
    if (isFixedImage(image.reference) || images !== undefined) return;
    const state = `results are compared, and this node asks no registry what "${image.reference}" stands for`;
    throw invalidField(IMAGE_FIELD, state, IMAGE_HINT);
  }
  const archive: InputSpec | undefined = spec.task.inputs[image.input];
  if (archive !== undefined && FIXED_SOURCES.has(archive.source.type)) return;
  const state = `results are compared, and its archive is a ${archive?.source.type} source, of which each node has its own`;
  throw invalidField(IMAGE_FIELD, state, "Give the archive as an ipfs, inline or urlDownload source.");
}

function compares({ verifier }: JobSpec, verifiers: ReadonlyMap<string, Verifier>): boolean {
  return verifiers.get(verifier.type)?.compares !== false;
}
