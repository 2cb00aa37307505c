import { existsSync } from "node:fs";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { parseOrigin, parseResultPath } from "../parse-input.ts";
import { parseInputs, submitTask } from "../submit-task.ts";
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
  const inputs = parseInputs(options);
  const resultPaths = (options.resultPath ?? []).map(parseResultPath);
  const origin = parseOrigin(module, existsSync, `module "${module}"`);
  return await submitTask(
    context,
    [{ origin, target: MODULE_TARGET }, ...inputs],
    (sources) => makeWasmDocument(parameters, sources, resultPaths, options),
    options,
  );
}
