import { RESERVED } from "@gadus/executor/rewrite-module";

const MUCH_FUEL = 2n ** 60n;
const ERRNO = { success: 0, nosys: 52 } as const;

/**
 * Runs a command on V8 alone, with as much of WASI as a program needs that prints and nothing else, and, if it is
 * rewritten, with fuel enough. Argument 0 is empty. Answers what it printed.
 *
 * @throws Error where it exits with another code than 0
 */
export function runBare(bytes: Uint8Array, args: readonly string[] = []): string {
  const module = new WebAssembly.Module(bytes);
  const guest = new Guest(args);
  const unknown = WebAssembly.Module.imports(module).map(({ name }) => [name, () => ERRNO.nosys] as const);
  const wasi = { ...Object.fromEntries(unknown), ...guest.functions };
  const { exports } = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi });
  const { _start: start, memory, [RESERVED.fuel]: fuel } = exports;
  if (fuel instanceof WebAssembly.Global) fuel.value = MUCH_FUEL;
  if (memory instanceof WebAssembly.Memory) guest.memory = memory;
  if (typeof start !== "function") throw new TypeError("Cannot run the module: it has no entry point");
  try {
    Reflect.apply(start, undefined, []);
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    if (error.code !== 0) throw new Error(`Cannot run the module: it exited with ${error.code}`);
  }
  return Buffer.concat(guest.printed).toString("utf8");
}

/** Ends a program from inside. */
class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`The program has ended with ${code}`);
    this.code = code;
  }
}

/** A program's arguments, its memory and what it has printed. */
class Guest {
  readonly printed: Buffer[] = [];
  memory = new WebAssembly.Memory({ initial: 0 });
  readonly #args: readonly Buffer[];
  readonly functions = {
    args_sizes_get: (count: number, size: number): number => {
      this.#set(count, this.#args.length);
      this.#set(size, Buffer.concat(this.#args).length);
      return ERRNO.success;
    },
    args_get: (pointers: number, buffer: number): number => {
      let at = buffer;
      for (const [index, arg] of this.#args.entries()) {
        this.#set(pointers + 4 * index, at);
        new Uint8Array(this.memory.buffer).set(arg, at);
        at += arg.length;
      }
      return ERRNO.success;
    },
    fd_write: (_descriptor: number, vectors: number, count: number, written: number): number => {
      const view = new DataView(this.memory.buffer);
      let size = 0;
      for (let at = vectors; at < vectors + 8 * count; at += 8) {
        const from = view.getUint32(at, true);
        const length = view.getUint32(at + 4, true);
        this.printed.push(Buffer.from(this.memory.buffer.slice(from, from + length)));
        size += length;
      }
      this.#set(written, size);
      return ERRNO.success;
    },
    proc_exit: (code: number): never => {
      throw new Exit(code);
    },
  };

  constructor(args: readonly string[]) {
    this.#args = ["", ...args].map((text) => Buffer.from(`${text}\0`));
  }

  #set(at: number, value: number): void {
    new DataView(this.memory.buffer).setUint32(at, value, true);
  }
}
