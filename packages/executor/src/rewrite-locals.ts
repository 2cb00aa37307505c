import { malformed, tooLarge } from "./module-error.ts";
import type { ModuleReader } from "./module-reader.ts";
import { type FunctionType, readValueType } from "./module-types.ts";
import { slotsOf } from "./rewrite-operands.ts";

/** Parameters and locals of one function: V8's limit, less those that are added. */
const MAX_LOCALS = 49_990;
/** Of all functions of a module: a few bytes declare thousands, and each costs time here and in the engine. */
const MAX_MODULE_LOCALS = 8_000_000;

/** The parameters and locals of one function after another. */
export class Locals {
  readonly #types = new Uint8Array(MAX_LOCALS);
  #parameters = 0;
  #count = 0;
  #moduleCount = 0;
  #slots = 0;
  #declaredSlots = 0;
  #groups = { count: 0, start: 0, end: 0 };

  /** Parameters among them. */
  get count(): number {
    return this.#count;
  }

  /** Slots of eight bytes that all take. */
  get slots(): number {
    return this.#slots;
  }

  /** The same without the parameters'. */
  get declaredSlots(): number {
    return this.#declaredSlots;
  }

  /** How many groups declare them, and where those are in the binary. */
  get groups(): { readonly count: number; readonly start: number; readonly end: number } {
    return this.#groups;
  }

  /** Reads the declarations before a function's code. */
  read(reader: ModuleReader, { parameters }: FunctionType): void {
    this.#count = 0;
    this.#slots = 0;
    for (let index = 0; index < parameters.length; index += 1) this.#add(1, parameters.charCodeAt(index));
    const parameterSlots = this.#slots;
    this.#parameters = this.#count;
    const count = reader.count("groups of locals", MAX_LOCALS);
    const start = reader.at;
    for (let left = count; left > 0; left -= 1) {
      const { at } = reader;
      const many = reader.u32();
      if (many > MAX_LOCALS - this.#count) malformed(`more than ${MAX_LOCALS} locals`, at);
      this.#add(many, readValueType(reader).charCodeAt(0));
    }
    this.#declaredSlots = this.#slots - parameterSlots;
    this.#groups = { count, start, end: reader.at };
  }

  /** The character code of the type of local `index`. */
  typeAt(index: number, at: number): number {
    return index < this.#count ? (this.#types[index] ?? 0) : malformed(`unknown local ${index}`, at);
  }

  /** Whether local `index` is no parameter, and holds floats or a vector. */
  isFloating(index: number): boolean {
    if (index < this.#parameters) return false;
    const type = this.#types[index];
    return type === F32 || type === F64 || type === V128;
  }

  #add(many: number, type: number): void {
    this.#moduleCount += many;
    if (this.#moduleCount > MAX_MODULE_LOCALS) {
      tooLarge(`its functions have more than ${MAX_MODULE_LOCALS} locals`);
    }
    this.#types.fill(type, this.#count, this.#count + many);
    this.#count += many;
    this.#slots += many * slotsOf(type);
  }
}

const F32 = "f".charCodeAt(0);
const F64 = "F".charCodeAt(0);
const V128 = "v".charCodeAt(0);
