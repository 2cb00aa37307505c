import type { Context } from "../context.ts";
import { downloadCid } from "../download.ts";

/** `gadus get CID`: downloads and unpacks content by its CID. */
export async function get(
  context: Context,
  args: readonly string[],
  options: { readonly outputDir: string },
): Promise<undefined> {
  const cid = (args[0] ?? "").replace(/^ipfs:\/\//, "").replace(/\/$/, "");
  const { terminal, signal, output, quiet } = context;
  await downloadCid(await context.api(), cid, options.outputDir, signal);
  if (output === "json") terminal.out(JSON.stringify({ CID: cid, Dir: options.outputDir }));
  else terminal.out(quiet ? cid : `${cid} is in ${options.outputDir}`);
  return undefined;
}
