import { StorageError } from "./storage-error.ts";

/**
 * The names in `path`, which leads from a folder to something in it; none for `""`, the folder itself.
 *
 * @throws {StorageError} `storage/not-allowed` for a path that could leave the folder
 */
export function namesOf(path: string): readonly string[] {
  if (path === "") return [];
  const names = path.split("/");
  if (names.every(isPlainName)) return names;
  throw new StorageError(
    "storage/not-allowed",
    `Cannot use path ${JSON.stringify(path)}: it is not relative and plain, such as outputs/table.csv`,
    { blame: "job" },
  );
}

/** Whether `name` can stand in a folder without meaning anything else: not `.`, `..`, with `/` or NUL. */
export function isPlainName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !name.includes("/") && !name.includes("\u0000");
}

/** `folder` and `name` as one path. */
export function joinPath(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}
