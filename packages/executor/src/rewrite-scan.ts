import { CompileWeight } from "./compile-weight.ts";
import { readReference } from "./module-constants.ts";
import type { ModuleDeclarations } from "./module-declarations.ts";
import { malformed, unsupported } from "./module-error.ts";
import { describeOpcode, FORM, OPCODES, PREFIX_FC, PREFIX_FD } from "./module-opcodes.ts";
import type { ModuleReader } from "./module-reader.ts";
import { type FunctionType, readValueType } from "./module-types.ts";
import { Blocks } from "./rewrite-blocks.ts";
import { markOf32, markOf64, markOf128, readPrefixed, skipImmediate } from "./rewrite-immediates.ts";
import { EDIT, Edits, GROWN_MEMORY } from "./rewrite-edits.ts";
import { FloatSites } from "./rewrite-floats.ts";
import { Locals } from "./rewrite-locals.ts";
import { MARK, Operands } from "./rewrite-operands.ts";

/** What the passing over of one function found. */
export interface FunctionUse {
  calls: boolean;
  loops: boolean;
  /** Whether an instruction is charged by a count, and whether one may grow something. */
  counts: boolean;
  grows: boolean;
}

/** Values that an instruction passes on for the price of one. */
const VALUES_PER_FUEL = 8;
/** Bytes that are copied, and slots of locals that are cleared, for the price of one instruction: 2 ** 3. */
const BYTES_SHIFT = 3;
/** A page that memory grows by costs what writing it does. */
const PAGE_SHIFT = 13;

const code = (letter: string): number => letter.charCodeAt(0);
const TYPE = {
  i32: code("i"),
  i64: code("I"),
  f32: code("f"),
  f64: code("F"),
  v128: code("v"),
  ref: code("r"),
};

/**
 * Passes over the code of one function after another, and notes what is to be put into it.
 *
 * The code may be anything: it ends with an error or at the function's end. What it notes is right for valid
 * code, and the engine, which compiles what comes of it, takes no other.
 */
export class FunctionScan {
  readonly edits = new Edits();
  readonly floats = new FloatSites();
  readonly operands = new Operands();
  readonly locals = new Locals();
  readonly weight = new CompileWeight();
  readonly blocks: Blocks;
  use: FunctionUse = { calls: false, loops: false, counts: false, grows: false };
  readonly #declarations: ModuleDeclarations;
  readonly #globalShift: number;

  /** @param globalShift by how much the numbers of globals that aren't imported grow */
  constructor(declarations: ModuleDeclarations, globalShift: number) {
    this.#declarations = declarations;
    this.#globalShift = globalShift;
    this.blocks = new Blocks(this, declarations);
  }

  /** Passes over a function's locals and code, to the reader's end; answers where the code begins. */
  scan(reader: ModuleReader, type: FunctionType): number {
    this.edits.clear();
    this.floats.clear();
    this.operands.reset();
    this.weight.begin();
    this.use = { calls: false, loops: false, counts: false, grows: false };
    this.locals.read(reader, type);
    const start = reader.at;
    this.blocks.begin(type, start, Math.floor(this.locals.declaredSlots / VALUES_PER_FUEL));
    while (this.blocks.depth > 0) this.#step(reader);
    if (!reader.atEnd) malformed("code behind a function's end", reader.at);
    this.floats.settle();
    return start;
  }

  /** Counts values that an instruction passes on, and what they cost beside the instruction. */
  pass(values: number): number {
    this.weight.pass(values);
    return Math.floor(values / VALUES_PER_FUEL);
  }

  /** Takes the values of `letters` from the operands, whose bits are seen. */
  popSeen(letters: string): void {
    for (let left = letters.length; left > 0; left -= 1) this.floats.see(this.operands.pop());
  }

  pushRaw(letters: string): void {
    for (let index = 0; index < letters.length; index += 1) {
      this.operands.push(letters.charCodeAt(index), MARK.raw);
    }
  }

  #step(reader: ModuleReader): void {
    const { at } = reader;
    const first = reader.u8();
    const prefixed = first >= 0xfb && first <= 0xfe;
    const op = prefixed ? readPrefixed(reader, first, at) : first;
    const form = OPCODES.form[op] ?? FORM.none;
    if (form === FORM.none) unsupported(describeOpcode(0, op), at);
    if (form === FORM.special) {
      this.#special(reader, op, at);
      return;
    }
    this.blocks.spend(1);
    if (form === FORM.constant) this.#constant(reader, op);
    else if (op > PREFIX_FC && op < PREFIX_FD && form >= FORM.index) this.#bulk(reader, op, at);
    else {
      skipImmediate(reader, form);
      this.#plain(op, reader.at);
    }
  }

  /** An operation that takes and leaves what the tables say. */
  #plain(op: number, after: number): void {
    const { floats, operands } = this;
    const reads = OPCODES.reads[op] ?? 0;
    for (let left = OPCODES.pops[op] ?? 0; left > 0; left -= 1) {
      const mark = operands.pop();
      if (mark < 0) continue;
      if (reads === 0) floats.see(mark);
      else floats.take(mark, reads);
    }
    const type = OPCODES.pushes[op] ?? 0;
    if (type === 0) return;
    const makes = OPCODES.makes[op] ?? 0;
    if (makes !== 0 && this.blocks.live) operands.push(type, this.#made(makes, after));
    else operands.push(type, OPCODES.neverNan[op] === 1 ? MARK.neverNan : MARK.raw);
  }

  #made(float: number, at: number): number {
    const site = this.floats.make(float);
    const edit = this.edits.add(at, EDIT.canonical, site);
    if (site === MARK.raw) this.edits.setB(edit, float);
    return site;
  }

  #special(reader: ModuleReader, op: number, at: number): void {
    if (op <= 0x0f) {
      this.blocks.control(reader, op, at);
      return;
    }
    this.blocks.spend(1);
    if ((op === 0x10 || op === 0x11) && this.blocks.live) this.edits.add(at, EDIT.settle);
    if (op === 0x10) this.#call(this.#functionAt(reader), reader);
    else if (op === 0x11) this.#callIndirect(reader);
    else if (op === 0x1a) this.operands.pop();
    else if (op === 0x1b) this.#select();
    else if (op === 0x1c) this.#typedSelect(reader);
    else if (op <= 0x22) this.#local(reader, op);
    else if (op <= 0x24) this.#global(reader, op);
    else if (op === 0x40) this.#growMemory(reader, at);
    else {
      readReference(reader);
      this.operands.push(TYPE.ref, MARK.raw);
    }
  }

  #constant(reader: ModuleReader, op: number): void {
    const { operands } = this;
    if (op === 0x41) {
      reader.skipNumber(5);
      operands.push(TYPE.i32, MARK.raw);
    } else if (op === 0x42) {
      reader.skipNumber(10);
      operands.push(TYPE.i64, MARK.raw);
    } else if (op === 0x43) operands.push(TYPE.f32, markOf32(reader));
    else if (op === 0x44) operands.push(TYPE.f64, markOf64(reader));
    else if (op === PREFIX_FD + 12) operands.push(TYPE.v128, markOf128(reader));
    else {
      reader.skip(16);
      this.#plain(op, reader.at);
    }
  }

  #functionAt(reader: ModuleReader): FunctionType {
    const { at } = reader;
    const index = reader.u32();
    return this.#declarations.functions[index] ?? malformed(`a call of unknown function ${index}`, at);
  }

  #callIndirect(reader: ModuleReader): void {
    const { at } = reader;
    const index = reader.u32();
    reader.u32();
    this.operands.pop();
    this.#call(this.#declarations.types[index] ?? malformed(`unknown type ${index}`, at), reader);
  }

  #call({ parameters, results }: FunctionType, { at }: ModuleReader): void {
    this.use.calls = true;
    this.blocks.spend(this.pass(parameters.length + results.length));
    this.popSeen(parameters);
    this.pushRaw(results);
    if (this.blocks.live) this.edits.add(at, EDIT.reload);
  }

  #select(): void {
    const { floats, operands } = this;
    operands.pop();
    floats.see(operands.pop());
    const { poppedType } = operands;
    floats.see(operands.pop());
    operands.push(operands.poppedType || poppedType, MARK.raw);
  }

  #typedSelect(reader: ModuleReader): void {
    for (let left = reader.count("types", 1_000); left > 0; left -= 1) readValueType(reader);
    this.#select();
  }

  #local(reader: ModuleReader, op: number): void {
    const { at } = reader;
    const { floats, operands, locals } = this;
    const index = reader.u32();
    const type = locals.typeAt(index, at);
    const floating = locals.isFloating(index);
    if (op === 0x20) {
      operands.push(type, floating && this.blocks.live ? this.#readLocal(index, reader.at) : MARK.raw);
      return;
    }
    const mark = operands.pop();
    if (floating) floats.write(mark, index);
    else floats.see(mark);
    if (op === 0x22) operands.push(type, floating ? mark : MARK.raw);
  }

  #readLocal(index: number, after: number): number {
    const site = this.floats.read(index);
    if (site !== MARK.raw) this.edits.add(after, EDIT.canonical, site);
    return site;
  }

  #global(reader: ModuleReader, op: number): void {
    const { at } = reader;
    const index = reader.u32();
    const { globals, importedGlobals } = this.#declarations;
    const global = globals[index] ?? malformed(`unknown global ${index}`, at);
    if (this.#globalShift > 0 && index >= importedGlobals) {
      this.edits.add(at, EDIT.global, index + this.#globalShift, reader.at - at);
    }
    if (op === 0x23) this.pushRaw(global.type);
    else this.floats.see(this.operands.pop());
  }

  #growMemory(reader: ModuleReader, at: number): void {
    reader.u32();
    this.operands.pop();
    this.#grow(PAGE_SHIFT, GROWN_MEMORY, { at, after: reader.at });
  }

  /** Bulk operations, and those on tables, that may do much at once. */
  #bulk(reader: ModuleReader, op: number, at: number): void {
    const number = op - PREFIX_FC;
    if (number === 15) {
      const table = reader.u32();
      this.#plain(op, reader.at);
      this.operands.pop();
      this.#grow(0, table, { at, after: reader.at });
      return;
    }
    skipImmediate(reader, OPCODES.form[op] ?? FORM.none);
    this.#plain(op, reader.at);
    if (number >= 8 && number !== 9 && number !== 13 && number !== 16) {
      this.#count(number >= 12 ? 0 : BYTES_SHIFT, at);
    }
  }

  #count(shift: number, at: number): void {
    if (!this.blocks.live) return;
    this.use.counts = true;
    this.edits.add(at, EDIT.count, shift);
  }

  /** @param table its number, or {@link GROWN_MEMORY} */
  #grow(shift: number, table: number, { at, after }: { readonly at: number; readonly after: number }): void {
    this.operands.push(TYPE.i32, MARK.raw);
    if (!this.blocks.live) return;
    this.use.counts = true;
    this.use.grows = true;
    this.edits.add(at, EDIT.keep);
    this.edits.setB(this.edits.add(after, EDIT.grown, shift), table);
  }
}
