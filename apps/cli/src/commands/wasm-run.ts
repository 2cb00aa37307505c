import { existsSync } from "node:fs";
import type { Context } from "../context.ts";
import { makeSource, type Upload } from "../make-source.ts";
import { parseInput, parseOrigin, parseResultPath } from "../parse-input.ts";
import { submitJob, type WaitOptions } from "../submit-job.ts";
import { makeWasmDocument, MODULE_TARGET, type WasmRunOptions } from "../wasm-document.ts";

type Options = WaitOptions &
  WasmRunOptions & {
    readonly input?: readonly string[];
    readonly resultPath?: readonly string[];
    readonly dryRun?: boolean;
  };

/** `gadus wasm run MODULE`: runs a module on the network. */
export async function wasmRun(
  context: Context,
  args: readonly string[],
  options: Options,
): Promise<number | undefined> {
  const [module = "", ...parameters] = args;
  const inputs = (options.input ?? []).map((text) => parseInput(text, existsSync));
  const resultPaths = (options.resultPath ?? []).map(parseResultPath);
  const moduleOrigin = parseOrigin(module, existsSync, `module "${module}"`);
  const upload: Upload = options.dryRun === true ? undefined : () => context.api();
  const sources = [];
  for (const { origin, target } of [{ origin: moduleOrigin, target: MODULE_TARGET }, ...inputs]) {
    sources.push({ Source: await makeSource(origin, upload, context.signal), Target: target });
  }
  const document = makeWasmDocument(parameters, sources, resultPaths, options);
  if (options.dryRun !== true) return await submitJob(context, document, options);
  context.terminal.out(JSON.stringify(document, null, context.output === "json" ? 0 : 2));
  return undefined;
}
