import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { relative } from "node:path";
import { type ApiJobView, type ApiSpec, cidOf, publishedResults, urlOf } from "@gadus/client";
import type { Downloaded, DownloadPart } from "@gadus/client/download";
import { CliError, usageError } from "./cli-error.ts";
import type { Context } from "./context.ts";
import { makeTransferMeter } from "./transfer-meter.ts";
import { paint, printable } from "./terminal.ts";

/** Which of a job's results, and how. */
export interface ResultOptions {
  readonly path?: string | undefined;
  /** Of this partition alone. */
  readonly partition?: number | undefined;
  /** Whether what partitions published becomes one folder. */
  readonly merge?: boolean | undefined;
}

/** A result that was downloaded. */
export interface DownloadedResult {
  readonly partition: number;
  readonly cid?: string | undefined;
  readonly url?: string | undefined;
  readonly dir: string;
}

export interface DownloadedJob extends Downloaded {
  readonly results: readonly DownloadedResult[];
}

/**
 * Downloads what a job published into `dir`, or, of a job with several partitions, into `dir/partition-N`. A path may
 * begin with such a folder, as in the archive of all results.
 *
 * @throws {CliError} `cli/not-found` where there are no such results, and as {@link downloadParts} does
 */
export async function downloadJob(
  context: Context,
  view: ApiJobView,
  dir: string,
  options: ResultOptions,
): Promise<DownloadedJob> {
  const { Job } = view;
  const several = (Job.Count ?? 1) > 1;
  const { partition, path, merge = false } = several ? splitPath(options) : options;
  const all = publishedResults(view.Executions?.Items ?? []);
  const wanted = all.filter((result) => partition === undefined || result.partition === partition);
  const first = [...new Map(wanted.map((result) => [result.partition, result])).values()];
  if (first.length === 0) throw noResults(view, all.length === 0 ? undefined : partition);
  const isFlat = !several || partition !== undefined;
  const parts = first.map(({ partition: index, result }) => ({
    folder: isFlat ? "" : `partition-${index}`,
    from: originOf(result, Job.ID),
  }));
  const merged = merge && !isFlat;
  const downloaded = await downloadParts(context, parts, dir, { path, merge: merged });
  for (const conflict of downloaded.conflicts) {
    const state = `partitions differ in ${printable(conflict)}: each is kept as ${printable(conflict)}.partition-N`;
    context.terminal.err(`${paint(context.terminal, "yellow", "warning:")} ${state}`);
  }
  const results = first.flatMap(({ partition: index, result }, at) => {
    const folder = parts[at]?.folder ?? "";
    if (!downloaded.folders.includes(folder)) return [];
    const own = merged || folder === "" ? dir : `${dir}/${folder}`;
    return [{ partition: index, cid: cidOf(result), url: urlOf(result), dir: own }];
  });
  return { ...downloaded, results };
}

/**
 * Downloads into `dir`, which is empty or not there yet: all of it, or nothing, but for what lets it go on later.
 *
 * @throws {CliError} `cli/usage` where `dir` holds something, `cli/not-writable`, `cli/interrupted`
 * @throws {ClientError} `client/invalid-block`, `client/not-readable`, `client/disk-full`, and as the API's calls do
 */
export async function downloadParts(
  context: Context,
  parts: readonly DownloadPart[],
  dir: string,
  options: Pick<ResultOptions, "path" | "merge">,
): Promise<Downloaded> {
  await checkEmpty(dir);
  const { terminal, quiet, output, signal } = context;
  const api = await context.api();
  const { download, partialFolderOf } = await import("@gadus/client/download");
  const meter = makeTransferMeter(terminal, { silent: quiet || output === "json", nowMs: context.nowMs });
  try {
    return await download(api, parts, dir, { ...options, signal, onProgress: meter.show });
  } catch (error) {
    const kept = existsSync(partialFolderOf(dir)) ? relative(".", partialFolderOf(dir)) : undefined;
    throw explain(error, { dir, kept, interrupted: signal.aborted });
  } finally {
    meter.end();
  }
}

interface Failure {
  readonly dir: string;
  /** Where what came is kept. */
  readonly kept: string | undefined;
  readonly interrupted: boolean;
}

function explain(error: unknown, { dir, kept, interrupted }: Failure): unknown {
  const { syscall, code, message, hint } = error as NodeJS.ErrnoException & { readonly hint?: string };
  const again = `What came is kept in ${kept}: the same command goes on from there.`;
  if (interrupted) {
    const options = kept === undefined ? {} : { hint: again };
    return new CliError("cli/interrupted", "Stopped downloading", { cause: error, ...options });
  }
  if (syscall !== undefined)
    return new CliError("cli/not-writable", `Cannot write into "${dir}": ${code}`, { cause: error });
  if (kept === undefined || !(error instanceof Error)) return error;
  return Object.assign(error, { message, hint: hint === undefined ? again : `${hint} ${again}` });
}

function splitPath(options: ResultOptions): ResultOptions {
  const [, index, path] = /^(?:\.?\/)*partition-(\d{1,9})(?:\/+(.*))?$/.exec(options.path ?? "") ?? [];
  if (index === undefined || options.partition !== undefined) return options;
  return { ...options, partition: Number(index), path: path === "" ? undefined : path };
}

function originOf(result: ApiSpec, jobId: string): DownloadPart["from"] {
  const [cid, url] = [cidOf(result), urlOf(result)];
  if (cid !== undefined) return { cid };
  if (url !== undefined) return { url };
  const state = `they were published to "${printable(result.Type)}", neither by CID nor by URL`;
  throw new CliError("cli/refused", `Cannot get the results of job ${jobId}: ${state}`, {
    hint: "Fetch them with what reads that: gadus job describe says where they are.",
  });
}

function noResults({ Job: { ID, State } }: ApiJobView, partition: number | undefined): CliError {
  const what = partition === undefined ? "results" : `results of partition ${partition}`;
  const state =
    partition === undefined ? `it has published none (its state is ${State?.StateType})` : "it has none";
  return new CliError("cli/not-found", `Cannot get the ${what} of job ${ID}: ${state}`, {
    hint: `See gadus job describe ${ID}`,
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
