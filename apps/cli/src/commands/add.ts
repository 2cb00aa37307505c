import { Readable } from "node:stream";
import type { Context } from "../context.ts";
import { uploadFile } from "../make-source.ts";

/** `gadus add FILE|-`: uploads a file and prints its CID. */
export async function add(context: Context, args: readonly string[]): Promise<undefined> {
  const [file = "-"] = args;
  const { terminal, signal, output } = context;
  const api = await context.api();
  const cid =
    file === "-"
      ? await api.blobs.upload(Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>, { signal })
      : await uploadFile(api, file, signal);
  terminal.out(output === "json" ? JSON.stringify({ CID: cid }) : cid);
  return undefined;
}
