import type { Context } from "../context.ts";
import { parseDocument } from "../parse-document.ts";
import { readDocument } from "../read-document.ts";
import { submitJob, type SubmitOptions } from "../submit-job.ts";

/** `gadus job run FILE|-`: submits a job document and waits for it. */
export async function run(
  context: Context,
  args: readonly string[],
  options: SubmitOptions,
): Promise<number> {
  const [file = "-"] = args;
  const text = await readDocument(file, context.signal);
  return await submitJob(context, await parseDocument(text, file), options);
}
