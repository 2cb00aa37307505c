import { invalidField, shorten } from "./document-field.ts";

/** A container image by its name in a registry, in the parts of `name[:tag][@sha256:digest]`. */
interface ImageName {
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** As registries and engines count it, host and path together. */
const MAX_NAME_LENGTH = 255;
const HOST_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const HOST = new RegExp(`^(?:${HOST_LABEL}(?:\\.${HOST_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`);
const COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const HINT =
  "Write name:tag, name@sha256:<64 hex digits>, an image id sha256:<64 hex digits>, or the Target of an input that is an archive of `docker save`.";

/**
 * `text` as engines and nodes name the image: with the tag `latest` where it has neither tag nor digest, and without a
 * tag beside a digest, which fixes it alone, and without `docker.io/` and `library/`, which say nothing.
 *
 * The grammar is that of https://github.com/distribution/reference; a registry's host is known from a path by a dot,
 * a port or being `localhost`.
 *
 * @throws {ProtocolError} `protocol/invalid-document` naming `field`
 */
export function parseImageReference(text: string, field: string): string {
  if (DIGEST.test(text)) return text;
  if (/^(?:sha256:)?[0-9a-f]{64}$/i.test(text)) {
    const id = text.toLowerCase().replace(/^sha256:/, "");
    throw invalidField(field, `"${shorten(text)}" is not how an image id is written`, `Write sha256:${id}.`);
  }
  const { name: given, tag, digest } = split(text);
  // One image, one name: rules are about names.
  const name = given.replace(/^(?:index\.)?docker\.io\//, "").replace(/^library\/(?=[^/]+$)/, "");
  const wrong = (state: string, hint = HINT): Error =>
    invalidField(field, `"${shorten(text)}" is no image: ${state}`, hint);
  if (name === "" || name.length > MAX_NAME_LENGTH) {
    throw wrong(name === "" ? "it has no name" : `its name is longer than ${MAX_NAME_LENGTH} characters`);
  }
  checkName(name, wrong);
  if (digest !== undefined && !DIGEST.test(digest)) {
    throw wrong(
      `"${shorten(digest)}" is not a digest`,
      "Write name@sha256: and 64 lower-case hexadecimal digits.",
    );
  }
  if (tag !== undefined && !TAG.test(tag)) {
    const hint = "Use letters, digits, _, . and -, 128 at most, such as name:1.2.";
    throw wrong(`"${shorten(tag)}" is not a tag`, hint);
  }
  return digest === undefined ? `${name}:${tag ?? "latest"}` : `${name}@${digest}`;
}

/** Whether a reference that {@link parseImageReference} gave stands for the same bytes everywhere and for ever. */
export function isFixedImage(reference: string): boolean {
  return DIGEST.test(reference.slice(reference.lastIndexOf("@") + 1));
}

function split(text: string): ImageName {
  const at = text.indexOf("@");
  const digest = at === -1 ? undefined : text.slice(at + 1);
  const rest = at === -1 ? text : text.slice(0, at);
  // A colon before the last slash begins a port.
  const colon = rest.indexOf(":", rest.lastIndexOf("/") + 1);
  if (colon === -1) return { name: rest, tag: undefined, digest };
  return { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digest };
}

function checkName(name: string, wrong: (state: string, hint?: string) => Error): void {
  const components = name.split("/");
  const [host = ""] = components;
  const hasHost = components.length > 1 && (/[.:]/.test(host) || host === "localhost");
  if (hasHost && !HOST.test(host)) {
    throw wrong(`"${shorten(host)}" is not a registry's host`, "Write host/name or host:port/name.");
  }
  for (const component of hasHost ? components.slice(1) : components) {
    if (COMPONENT.test(component)) continue;
    if (COMPONENT.test(component.toLowerCase())) {
      throw wrong("names of images are in lower case", `Write ${shorten(name.toLowerCase())}.`);
    }
    throw wrong(`"${shorten(component)}" is no part of a name`);
  }
}
