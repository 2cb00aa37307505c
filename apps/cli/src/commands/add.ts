import type { Context } from "../context.ts";
import { uploadFile, uploadStream } from "../make-source.ts";

/** `gadus add FILE|-`: uploads a file and prints its CID. */
export async function add(context: Context, args: readonly string[]): Promise<undefined> {
  const [file = "-"] = args;
  const { terminal, output } = context;
  const cid = await (file === "-" ? uploadStream(context, process.stdin) : uploadFile(context, file));
  terminal.out(output === "json" ? JSON.stringify({ CID: cid }) : cid);
  return undefined;
}
