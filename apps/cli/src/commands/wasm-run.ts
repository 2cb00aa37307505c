import { existsSync } from "node:fs";
import type { Context } from "../context.ts";
import { makeSource, type Upload } from "../make-source.ts";
import { parseInput, parseOrigin, parseResultPath } from "../parse-input.ts";
import { usageError } from "../cli-error.ts";
import { submitJob } from "../submit-job.ts";
import { makeWasmDocument, MODULE_TARGET } from "../wasm-document.ts";
import { findGiven, LOCAL_OPTIONS, type WasmOptions } from "../wasm-options.ts";

/** `gadus wasm run MODULE`: runs a module on the network, or here. */
export async function wasmRun(
  context: Context,
  args: readonly string[],
  options: WasmOptions,
): Promise<number | undefined> {
  if (options.local === true) {
    return await (await import("./wasm-run-local.ts")).wasmRunLocal(context, args, options);
  }
  const unwanted = findGiven(options, LOCAL_OPTIONS);
  if (unwanted !== undefined) {
    throw usageError(`Cannot take ${unwanted.flag} on a network`, "Add --local, or leave it out.");
  }
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
