import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type ApiJobView, cidOf, type Client, publishedResults } from "@gadus/client";
import { CliError, usageError } from "./cli-error.ts";

/** A result that was downloaded. */
export interface DownloadedResult {
  readonly partition: number;
  readonly cid: string;
  readonly dir: string;
}

/**
 * Downloads what a job published into `dir`, or, of a job with several partitions, into `dir/partition-N`.
 *
 * @throws {CliError} as {@link downloadCid} does
 */
export async function downloadJob(
  api: Client,
  view: ApiJobView,
  dir: string,
  signal: AbortSignal,
): Promise<readonly DownloadedResult[]> {
  const several = (view.Job.Count ?? 1) > 1;
  const wanted = publishedResults(view.Executions?.Items ?? []).map(({ partition, result }) => {
    const cid = cidOf(result);
    if (cid !== undefined)
      return { partition, cid, dir: several ? join(dir, `partition-${partition}`) : dir };
    const message = `Cannot get the results of job ${view.Job.ID}: they were published to "${result.Type}", not by CID`;
    throw new CliError("cli/refused", message);
  });
  const first = new Map(wanted.map((result) => [result.dir, result])).values();
  const results = [...first];
  for (const result of results) await downloadCid(api, result.cid, result.dir, signal);
  return results;
}

/**
 * Downloads content by its CID into `dir`, which is empty or not there yet: all of it, verified, or nothing.
 *
 * @throws {CliError} `cli/usage` where `dir` holds something, `cli/not-writable`, and as the API's calls do
 * @throws {ClientError} `client/invalid-block`, `client/not-readable`, `client/disk-full`
 */
export async function downloadCid(api: Client, cid: string, dir: string, signal: AbortSignal): Promise<void> {
  await checkEmpty(dir);
  const car = await api.car(cid, { signal });
  const { unpackCar } = await import("@gadus/client/unpack-car");
  await unpackCar(car, cid, dir, { signal }).catch((error: NodeJS.ErrnoException) => {
    if (error.syscall === undefined) throw error;
    throw new CliError("cli/not-writable", `Cannot write into "${dir}": ${error.code}`, { cause: error });
  });
}

/** @throws {CliError} `cli/usage` where `dir` holds something, or is no folder */
export async function checkEmpty(dir: string): Promise<void> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    const state = error.code === "ENOTDIR" ? "it is not a folder" : error.code;
    throw usageError(`Cannot write into "${dir}": ${state}`, "Name a folder that isn't there yet with -o.");
  });
  if (names.length === 0) return;
  throw usageError(
    `Cannot write into "${dir}": it is not empty`,
    "Name a folder that isn't there yet with -o.",
  );
}
