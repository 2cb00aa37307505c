import { usageError } from "./cli-error.ts";
import { type InputOrigin, looksLikeCid } from "./parse-input.ts";

/** Where an archive that is uploaded for the job is named, inside it. */
export const IMAGE_TARGET = "/gadus-image.tar";

/** The image of `docker run`. */
export interface ImageWish {
  /** As the job document names it. */
  readonly image: string;
  /** The archive to give to the job at {@link IMAGE_TARGET}. */
  readonly archive?: InputOrigin;
}

/**
 * Reads what `docker run` is to run: a name, an id, `ipfs://CID`, one of `targets`, at which inputs are, or an archive
 * that `fileExists` finds here. A name that is no file is left to nodes.
 *
 * @throws {CliError} `cli/usage`
 */
export function parseImage(
  text: string,
  targets: readonly string[],
  fileExists: (path: string) => boolean,
): ImageWish {
  if (text.trim() === "")
    throw usageError(`Cannot take image "${text}": empty`, "Name one such as busybox:1.36.");
  if (targets.includes(text)) return { image: text };
  const cid = /^ipfs:\/\/(.*)$/i.exec(text)?.[1] ?? (looksLikeCid(text) ? text : undefined);
  if (cid !== undefined) return { image: `ipfs://${cid}` };
  if (text.endsWith(".tar") && fileExists(text)) {
    return { image: IMAGE_TARGET, archive: { kind: "file", path: text } };
  }
  if (/^[./~]/.test(text)) throw notAnArchive(text, fileExists(text));
  // A tag may end so, but hardly a name.
  if (/^[^:@]*\.tar$/.test(text)) throw notAnArchive(text, false);
  return { image: text };
}

function notAnArchive(text: string, exists: boolean): Error {
  return exists
    ? usageError(
        `Cannot take image "${text}": a file here must end in .tar`,
        "Write it with docker save IMAGE > image.tar.",
      )
    : usageError(
        `Cannot take image "${text}": no such file here, and no input is at that path`,
        "Write it with docker save IMAGE > image.tar, or name an image such as busybox:1.36.",
      );
}
