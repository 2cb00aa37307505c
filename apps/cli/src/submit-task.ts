import { existsSync } from "node:fs";
import type { Context } from "./context.ts";
import { makeSource } from "./make-source.ts";
import { type Input, parseInput } from "./parse-input.ts";
import { submitJob, type SubmitOptions } from "./submit-job.ts";
import type { TaskInput, TaskOptions } from "./task-document.ts";

/** The options of a command that makes a job of one task. */
export interface TaskRunOptions extends SubmitOptions, TaskOptions {
  readonly input?: readonly string[];
  readonly resultPath?: readonly string[];
  readonly dryRun?: boolean;
}

/** The inputs that `options` name. @throws {CliError} `cli/usage` */
export function parseInputs({ input = [] }: TaskRunOptions): readonly Input[] {
  return input.map((text) => parseInput(text, existsSync));
}

/**
 * Uploads what must be of `inputs`, and submits the document that `makeDocument` makes of them, as `options` say; with
 * `dryRun` nothing is sent, and the document is printed.
 */
export async function submitTask(
  context: Context,
  inputs: readonly Input[],
  makeDocument: (inputs: readonly TaskInput[]) => unknown,
  options: TaskRunOptions,
): Promise<number | undefined> {
  const uploader = options.dryRun === true ? undefined : context;
  const sources: TaskInput[] = [];
  for (const { origin, target } of inputs) {
    sources.push({ Source: await makeSource(origin, uploader, context.signal), Target: target });
  }
  const document = makeDocument(sources);
  if (options.dryRun !== true) return await submitJob(context, document, options);
  context.terminal.out(JSON.stringify(document, null, context.output === "json" ? 0 : 2));
  return undefined;
}
