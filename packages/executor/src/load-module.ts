import { createHash } from "node:crypto";
import type { CallOptions } from "@gadus/protocol";
import { inputFailed } from "./answer-inputs.ts";
import { compileModule, type GuestModule } from "./compile-module.ts";
import { ExecutorError } from "./executor-error.ts";
import type { MountedInput } from "./executor.ts";
import { WASM_PROFILE } from "./inspect-module.ts";
import type { ModuleCache } from "./module-cache.ts";
import type { CompileOptions } from "./rewrite-options.ts";

const READ_BYTES = 1024 * 1024;

/** Where the module is in a task's inputs, and how large it may be. */
export interface ModuleSource {
  readonly inputs: readonly MountedInput[];
  /** As the guest would see it. */
  readonly path: string;
  /** Where the job says so. */
  readonly field: string;
  readonly maxBytes: number;
  readonly options: CompileOptions;
}

/**
 * The compiled module at `path` of a task's inputs, from `cache` where its bytes are known by name.
 *
 * @throws {ExecutorError} `executor/invalid-params`, `executor/invalid-module`, `executor/input-failed`
 */
export async function loadModule(
  cache: ModuleCache,
  source: ModuleSource,
  options: CallOptions,
): Promise<GuestModule> {
  const { input, path } = locate(source);
  const variant = `${WASM_PROFILE}:${Object.values(source.options).join(",")}`;
  if (input.cid !== undefined) {
    const load = async (loading: CallOptions): Promise<GuestModule> => {
      return compileModule(await readModule(input, path, source, loading), source.path, source.options);
    };
    return cache.get(`${variant}:cid:${input.cid}/${path}`, load, options);
  }
  const bytes = await readModule(input, path, source, options);
  const hash = createHash("sha256").update(bytes).digest("hex");
  return cache.get(
    `${variant}:sha256:${hash}`,
    () => compileModule(bytes, source.path, source.options),
    options,
  );
}

/** The innermost input that `path` is in. */
function locate({ inputs, path, field }: ModuleSource): {
  readonly input: MountedInput;
  readonly path: string;
} {
  const inside = inputs
    .filter(({ target }) => path === target || path.startsWith(`${target.replace(/\/$/, "")}/`))
    .sort((a, b) => b.target.length - a.target.length);
  const [input] = inside;
  if (input !== undefined) return { input, path: path.slice(input.target.length).replace(/^\//, "") };
  const targets = inputs.map(({ target }) => `"${target}"`).join(", ") || "none";
  throw new ExecutorError(
    "executor/invalid-params",
    `Cannot find module "${path}": no input is mounted there (targets: ${targets})`,
    { blame: "job", field },
  );
}

async function readModule(
  { volume }: MountedInput,
  path: string,
  source: ModuleSource,
  options: CallOptions,
): Promise<Uint8Array> {
  const read = <T>(reading: Promise<T>): Promise<T> =>
    reading.catch((error: unknown) => {
      options.signal?.throwIfAborted();
      throw inputFailed(source.path, error);
    });
  const entry = await read(volume.stat(path, options));
  if (entry?.kind !== "file") throw invalid(source.path, entry ? "it is a folder" : "there is no such file");
  if (entry.sizeBytes > source.maxBytes) {
    throw invalid(source.path, `it has ${entry.sizeBytes} bytes, over the limit of ${source.maxBytes}`);
  }
  const bytes = new Uint8Array(entry.sizeBytes);
  for (let offset = 0; offset < bytes.length; ) {
    const part = await read(volume.read(path, offset, Math.min(READ_BYTES, bytes.length - offset), options));
    if (part.length === 0) throw inputFailed(source.path, new RangeError(`it ends at byte ${offset}`));
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function invalid(path: string, state: string): ExecutorError {
  return new ExecutorError("executor/invalid-module", `Cannot run module "${path}": ${state}`, {
    blame: "job",
  });
}
