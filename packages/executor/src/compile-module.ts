import { ModuleError } from "./module-error.ts";
import { type RewriteReport, rewriteModule } from "./rewrite-module.ts";
import type { CompileOptions, RewriteOptions } from "./rewrite-options.ts";
import { stateOf, TaskError } from "./task-error.ts";

/** A module that has been rewritten and compiled, and all that was found in it. */
export interface CompiledModule {
  readonly module: WebAssembly.Module;
  readonly report: RewriteReport;
}

/**
 * Rewrites and compiles the module at `path`; where it is to stay unchanged, it is compiled as it is, and nothing
 * counts what it does.
 *
 * @throws {TaskError} `invalid-module`, and `limit-exceeded` for one that starts with more memory than it may have;
 *   it names what is wrong
 */
export async function compileModule(
  bytes: Uint8Array,
  path: string,
  options: CompileOptions,
): Promise<CompiledModule> {
  const { bytes: rewritten, report } = rewrite(bytes, path, options);
  const run = options.unchanged ? bytes : rewritten;
  const module = WebAssembly.validate(bytes)
    ? await compile(run, path)
    : await compile(bytes, path).then(() => {
        throw invalidModule(path, "not WebAssembly");
      });
  return { module, report };
}

function rewrite(bytes: Uint8Array, path: string, options: RewriteOptions): ReturnType<typeof rewriteModule> {
  try {
    return rewriteModule(bytes, options);
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    if (error.fault !== "too-much-memory") throw invalidModule(path, error.message, error);
    throw new TaskError("limit-exceeded", `Cannot run module "${path}": ${error.message}`, {
      field: "Resources.Memory",
    });
  }
}

async function compile(bytes: Uint8Array, path: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    // Whatever else is thrown, as for want of memory, is this machine's doing and not the module's.
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    const state = stateOf(error).replace(/^WebAssembly\.compile\(\): /, "");
    throw invalidModule(path, `not WebAssembly: ${state}`, error);
  }
}

function invalidModule(path: string, state: string, cause?: unknown): TaskError {
  return new TaskError("invalid-module", `Cannot run module "${path}": ${state}`, { cause });
}
