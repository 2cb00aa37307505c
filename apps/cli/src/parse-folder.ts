import { usageError } from "./cli-error.ts";

/** A folder of this machine, and the name under which a guest has it open. */
export interface GuestFolder {
  readonly path: string;
  readonly name: string;
}

/** Reads `HOST:GUEST`; a `HOST` alone goes by the same name. @throws {CliError} `cli/usage` */
export function parseFolder(text: string, isFolder: (path: string) => boolean): GuestFolder {
  const at = text.lastIndexOf(":");
  const alone = at === -1 || (isFolder(text) && !isFolder(text.slice(0, at)));
  const folder = alone ? { path: text, name: text } : { path: text.slice(0, at), name: text.slice(at + 1) };
  if (folder.name === "" || folder.path === "") {
    throw usageError(`Cannot take folder "${text}": it is not HOST:GUEST`, "Write such as --dir data:/data.");
  }
  if (isFolder(folder.path)) return folder;
  throw usageError(`Cannot take folder "${text}": there is no folder "${folder.path}" here`);
}
