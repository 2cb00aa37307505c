import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { downloadParts } from "../download.ts";
import { formatSize } from "../format-size.ts";
import { countFiles } from "./job-get.ts";

interface GetOptions {
  readonly outputDir: string;
  readonly path?: string;
}

/** `gadus get CID`: downloads and unpacks content by its CID. */
export async function get(
  context: Context,
  args: readonly string[],
  { outputDir: dir, path }: GetOptions,
): Promise<undefined> {
  const cid = (args[0] ?? "").replace(/^ipfs:\/\//, "").replace(/\/$/, "");
  const { terminal, output, quiet } = context;
  const { parseCid } = await import("@gadus/client/read-car");
  try {
    parseCid(cid);
  } catch (cause) {
    throw usageError((cause as Error).message, "Write a CID such as bafy… or Qm….", cause);
  }
  const part = { folder: "", from: { cid } };
  const { files, sizeBytes, resumedBytes } = await downloadParts(context, [part], dir, { path });
  if (output === "json") {
    const told = { CID: cid, Dir: dir, Files: files, SizeBytes: sizeBytes, ResumedBytes: resumedBytes };
    terminal.out(JSON.stringify(told));
  } else if (quiet) terminal.out(cid);
  else terminal.out(`${cid} is in ${dir} (${countFiles(files)}, ${formatSize(sizeBytes)})`);
  return undefined;
}
