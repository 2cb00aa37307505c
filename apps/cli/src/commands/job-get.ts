import type { Context } from "../context.ts";
import { downloadJob, type ResultOptions } from "../download.ts";
import { formatSize } from "../format-size.ts";
import { printable } from "../terminal.ts";

interface GetOptions extends ResultOptions {
  readonly outputDir?: string;
  readonly jobVersion?: number;
}

/** `gadus job get JOB`: downloads and unpacks a job's results. */
export async function jobGet(
  context: Context,
  args: readonly string[],
  { outputDir, jobVersion, ...wanted }: GetOptions,
): Promise<undefined> {
  const [idOrName = ""] = args;
  const { terminal, signal, output, quiet } = context;
  const api = await context.api();
  const view = await api.jobs.get(idOrName, { signal, ...(jobVersion && { jobVersion }) });
  const { ID } = view.Job;
  const dir = outputDir ?? ID;
  const { results, files, sizeBytes, conflicts, resumedBytes } = await downloadJob(
    context,
    view,
    dir,
    wanted,
  );
  if (output === "json") {
    const told = { JobID: ID, Dir: dir, Results: results, Files: files, SizeBytes: sizeBytes };
    terminal.out(JSON.stringify({ ...told, ResumedBytes: resumedBytes, Conflicts: conflicts }));
    return undefined;
  }
  if (quiet) {
    terminal.out(ID);
    return undefined;
  }
  const what = wanted.path === undefined ? "Results" : `${printable(wanted.path)} of the results`;
  const were = resumedBytes === 0 ? "" : `, of which ${formatSize(resumedBytes)} were there`;
  terminal.out(`${what} of job ${ID} are in ${dir} (${countFiles(files)}, ${formatSize(sizeBytes)}${were})`);
  return undefined;
}

/** Files in words. */
export function countFiles(files: number): string {
  return `${files} ${files === 1 ? "file" : "files"}`;
}
