/** The name of an image, in its parts. */
export interface ImageReference {
  /** Where it is pulled from, such as `docker.io` or `registry.example.org:5000`. */
  readonly registry: string;
  /** With its registry, unless that is `docker.io`; as `docker pull` takes it. */
  readonly name: string;
  readonly tag: string | undefined;
  /** `sha256:<64 hex digits>`. */
  readonly digest: string | undefined;
}

const DEFAULT_REGISTRY = "docker.io";
const IMAGE_ID = /^sha256:[0-9a-f]{64}$/;

/** The image id that `reference` is; undefined where it is a name. */
export function imageIdOf(reference: string): string | undefined {
  return IMAGE_ID.test(reference) ? reference : undefined;
}

/** The parts of a name, such as `busybox`, `me/tool:2`, `host:5000/tool@sha256:…`. */
export function parseReference(reference: string): ImageReference {
  const [rest, digest] = splitOnce(reference, "@");
  const slash = rest.lastIndexOf("/");
  const colon = rest.indexOf(":", slash + 1);
  const name = colon < 0 ? rest : rest.slice(0, colon);
  const [first = "", ...others] = name.split("/");
  const hasHost = others.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  return { registry: hasHost ? first : DEFAULT_REGISTRY, name, tag, digest };
}

function splitOnce(text: string, by: string): [string, string | undefined] {
  const at = text.indexOf(by);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
