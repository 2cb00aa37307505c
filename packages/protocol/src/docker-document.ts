import { checkField, invalidField, shorten } from "./document-field.ts";
import type { EngineSpec } from "./engine-document.ts";
import { type DockerParams, dockerParamsSchema } from "./engine-params.ts";
import type { DockerDocument } from "./engine-schema.ts";
import { environmentOf } from "./environment.ts";
import { parseImageReference } from "./image-reference.ts";
import { checkCid, checkPath, hasControlCharacters, type InputSpec } from "./source-document.ts";

/** Where an image that is named by CID is put; its archive is never mounted. */
const ARCHIVE_TARGET = "/gadus-image.tar";

/** What of the engine `docker` says. */
export function parseDocker(
  given: DockerDocument,
  field: string,
): Pick<EngineSpec, "params" | "environment" | "module" | "writableRoot"> {
  const { image, archive } = parseImage(given.Image ?? "", `${field}.Image`);
  const entrypoint = checkArguments(given.Entrypoint ?? [], `${field}.Entrypoint`);
  const wish: DockerParams = {
    image,
    ...(entrypoint.length > 0 && { entrypoint }),
    parameters: checkArguments(given.Parameters ?? [], `${field}.Parameters`),
    ...(given.WorkingDirectory && {
      workingDirectory: checkFolder(given.WorkingDirectory, `${field}.WorkingDirectory`),
    }),
    ...(given.User && { user: checkUser(given.User, `${field}.User`) }),
  };
  return {
    params: checkField(dockerParamsSchema, wish, field),
    environment: environmentOf(given.EnvironmentVariables ?? {}, `${field}.EnvironmentVariables`),
    ...(archive !== undefined && { module: archive }),
    ...(given.WritableRoot && { writableRoot: true }),
  };
}

function parseImage(text: string, field: string): { readonly image: string; readonly archive?: InputSpec } {
  if (text === "") {
    const hint =
      "Name the image, such as ubuntu:24.04, or the Target of an input that is an archive of `docker save`.";
    throw invalidField(field, "missing", hint);
  }
  if (text.startsWith("/")) return { image: checkPath(text, field) };
  const content = /^ipfs:(?:\/\/)?(.*)$/s.exec(text)?.[1];
  if (content === undefined) {
    parseImageReference(text, field);
    return { image: text };
  }
  const source = { type: "ipfs", params: { cid: checkCid(content, field) } };
  return { image: ARCHIVE_TARGET, archive: { source, alias: "", target: ARCHIVE_TARGET } };
}

function checkArguments(given: readonly string[], field: string): string[] {
  const at = given.findIndex((argument) => argument.includes("\0"));
  if (at === -1) return [...given];
  throw invalidField(
    `${field}[${at}]`,
    "it has a zero byte in it",
    "Give what is binary as an input source.",
  );
}

function checkFolder(path: string, field: string): string {
  return /^\/+$/.test(path) ? "/" : checkPath(path, field);
}

function checkUser(user: string, field: string): string {
  const parts = user.split(":");
  const isPlain = !hasControlCharacters(user) && !/[\s/]/.test(user);
  if (isPlain && parts.length <= 2 && parts.every((part) => part !== "")) return user;
  const hint = "Write user, uid, user:group or uid:gid, such as 1000:1000.";
  throw invalidField(field, `"${shorten(user)}" is not a user`, hint);
}
