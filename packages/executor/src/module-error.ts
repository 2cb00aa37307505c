/** What kind of thing keeps a module out. */
export type ModuleFault = "malformed" | "unsupported" | "too-large" | "too-much-memory";

/** Why a module isn't admitted; the message names what was found, and at which byte. */
export class ModuleError extends Error {
  readonly fault: ModuleFault;

  constructor(fault: ModuleFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** @throws {ModuleError} for bytes that are no module */
export function malformed(found: string, at: number): never {
  throw new ModuleError("malformed", `not WebAssembly: ${found} at byte ${at}`);
}

/** @throws {ModuleError} for a feature that profile `wasm/1` leaves out */
export function unsupported(found: string, at: number): never {
  throw new ModuleError("unsupported", `unsupported: ${found} at byte ${at}`);
}

/** @throws {ModuleError} for more of something than is taken */
export function tooLarge(found: string): never {
  throw new ModuleError("too-large", found);
}
