import { abortable } from "./abortable.ts";
import type { TaskModules, TaskMount } from "./executor-messages.ts";
import type { GuestModule } from "./guest-module.ts";
import type { InputAnswer, InputEntry, InputQuestion } from "./input-channel.ts";
import { MAX_BLOCK_BYTES } from "./input-blocks.ts";
import type { ModuleCache } from "./module-cache.ts";
import type { CompileOptions } from "./rewrite-options.ts";
import { TaskError } from "./task-error.ts";
import { WASM_PROFILE } from "./wasm-profile.ts";

/** What modules are loaded with. */
export interface ModulePorts {
  readonly cache: ModuleCache;
  /** Asks for what is in an input. */
  ask(question: InputQuestion): Promise<InputAnswer>;
  /** Rewrites and compiles. */
  compile(bytes: Uint8Array<ArrayBuffer>, path: string, options: CompileOptions): Promise<GuestModule>;
  readonly signal: AbortSignal;
}

/** Where a module is in a task, and where the job says so. */
export interface ModulePlace {
  /** As the guest would see it. */
  readonly path: string;
  readonly field: string;
}

/** A task's inputs and modules. */
export interface ModuleSource {
  readonly mounts: readonly TaskMount[];
  readonly modules: TaskModules;
}

/**
 * The compiled module at `place` in a task's inputs, from the cache where its bytes are known by name.
 *
 * @throws {TaskError} `invalid-params`, `invalid-module`, `input-failed`
 */
export async function loadModule(
  ports: ModulePorts,
  source: ModuleSource,
  place: ModulePlace,
): Promise<GuestModule> {
  const { options } = source.modules;
  const found = locate(source, place);
  const variant = `${WASM_PROFILE}:${Object.values(options).join(",")}`;
  const { signal } = ports;
  if (found.cid !== undefined) {
    const load = async (): Promise<GuestModule> => {
      return ports.compile(await readModule(ports, source, found), place.path, options);
    };
    return ports.cache.get(`${variant}:cid:${found.cid}/${found.path}`, load, { signal });
  }
  const bytes = await readModule(ports, source, found);
  // Loaded when first wanted: modules of a network's jobs have names.
  const { createHash } = process.getBuiltinModule("node:crypto");
  const hash = createHash("sha256").update(bytes).digest("hex");
  return ports.cache.get(`${variant}:sha256:${hash}`, () => ports.compile(bytes, place.path, options), {
    signal,
  });
}

interface FoundModule {
  readonly place: ModulePlace;
  readonly mount: number;
  /** In the input. */
  readonly path: string;
  readonly cid: string | undefined;
}

/** The module in the innermost input that its path is in. */
function locate({ mounts }: ModuleSource, place: ModulePlace): FoundModule {
  const { path, field } = place;
  const [innermost] = mounts
    .map(({ target, cid }, mount) => ({ target, cid, mount }))
    .filter(({ target }) => path === target || path.startsWith(`${target.replace(/\/$/, "")}/`))
    .sort((a, b) => b.target.length - a.target.length);
  if (innermost !== undefined) {
    const { target, cid, mount } = innermost;
    return { place, mount, path: path.slice(target.length).replace(/^\//, ""), cid };
  }
  const targets = mounts.map(({ target }) => `"${target}"`).join(", ") || "none";
  throw new TaskError(
    "invalid-params",
    `Cannot find module "${path}": no input is mounted there (targets: ${targets})`,
    { field },
  );
}

/** The bytes of the module there, or of the one in the folder there: an archive of a module is mounted as one. */
async function readModule(
  ports: ModulePorts,
  { modules: { maxModuleBytes } }: ModuleSource,
  { place, mount, path: given }: FoundModule,
): Promise<Uint8Array<ArrayBuffer>> {
  const asked = (question: InputQuestion): Promise<InputAnswer> => abortable(ports.ask(question), ports);
  const found = await asked({ kind: "stat", mount, path: given });
  if (found.kind !== "stat") throw inputFailed(place.path);
  let { entry } = found;
  let path = given;
  if (entry?.kind === "folder") {
    const listed = await asked({ kind: "list", mount, path });
    if (listed.kind !== "list") throw inputFailed(place.path);
    entry = onlyModule(listed.entries, place);
    path = path === "" ? entry.name : `${path}/${entry.name}`;
  }
  if (entry === undefined) throw invalid(place.path, "there is no such file");
  if (entry.sizeBytes > maxModuleBytes) {
    throw invalid(place.path, `it has ${entry.sizeBytes} bytes, over the limit of ${maxModuleBytes}`);
  }
  const bytes = new Uint8Array(entry.sizeBytes);
  for (let offsetBytes = 0; offsetBytes < bytes.length; offsetBytes += MAX_BLOCK_BYTES) {
    const lengthBytes = Math.min(MAX_BLOCK_BYTES, bytes.length - offsetBytes);
    const part = await asked({ kind: "read", mount, path, offsetBytes, lengthBytes });
    if (part.kind !== "read" || part.bytes.length !== lengthBytes) throw inputFailed(place.path);
    bytes.set(part.bytes, offsetBytes);
  }
  return bytes;
}

function onlyModule(entries: readonly InputEntry[], { path }: ModulePlace): InputEntry {
  const modules = entries.filter(({ kind, name }) => kind === "file" && name.endsWith(".wasm"));
  const [only] = modules;
  if (only !== undefined && modules.length === 1) return only;
  throw invalid(path, `it is a folder with ${modules.length} .wasm files, and not with one`);
}

/** The node knows why: it answered. */
function inputFailed(path: string): TaskError {
  return new TaskError("input-failed", `Cannot read input "${path}"`);
}

function invalid(path: string, state: string): TaskError {
  return new TaskError("invalid-module", `Cannot run module "${path}": ${state}`);
}
