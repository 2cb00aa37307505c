import { FLOAT } from "./module-opcodes.ts";
import { type FunctionType, TYPE_CODE } from "./module-types.ts";
import type { ModuleWriter } from "./module-writer.ts";
import { EDIT, type Edits, GROWN_MEMORY } from "./rewrite-edits.ts";
import { HOST_FAILED_DEPTH } from "./rewrite-options.ts";
import type { FunctionScan } from "./rewrite-scan.ts";

/** What was put into a module's code. */
export interface RewriteCounts {
  /** Blocks that take from the fuel. */
  charges: number;
  /** Places where a NaN is made the canonical one. */
  canonicalNans: number;
  /** Places where memory or a table grows, and is charged and watched for it. */
  growths: number;
}

/** What the code of a module is rewritten with. */
export interface EmitContext {
  readonly bytes: Uint8Array;
  /** The numbers of the globals that hold what is left. */
  readonly fuel: number;
  readonly depth: number;
  readonly canonicalNans: boolean;
  /** What its own memory and tables may grow to; undefined for what is imported, whose maximum is another's. */
  readonly maxMemoryPages: number | undefined;
  readonly maxTableElements: readonly (number | undefined)[];
  /** The number of the global that holds what an imported memory may grow to; undefined where none is. */
  readonly sharedMaxPages: number | undefined;
  /** The number of the block type that leaves `results` of a function: there are two or more. */
  blockType(results: string): number;
  /** Added to. */
  readonly counts: RewriteCounts;
}

/** The numbers of the locals that were added. */
interface AddedLocals {
  readonly fuel: number;
  readonly first: number;
  readonly second: number;
  /** By {@link FLOAT}. */
  readonly floats: readonly number[];
}

/** Slots of a frame beside its locals and operands: return address, frame pointer, and what the engine keeps. */
const FRAME_SLOTS = 8;
/** A function that calls none, with a frame of no more than these slots, isn't charged for it. */
const FREE_SLOTS = 64;

/** Writes the function that `scan` has passed over: its locals, and its code with all edits. */
export function emitFunction(
  context: EmitContext,
  scan: FunctionScan,
  { type, start, end }: { readonly type: FunctionType; readonly start: number; readonly end: number },
  out: ModuleWriter,
): void {
  const { use } = scan;
  const plan = planOf(scan, context);
  const added = writeLocals(context.bytes, scan, plan, out);
  const emitter = { context, scan, plan, added, out };
  if (plan.framed) chargeFrame(emitter, frameSlotsOf(scan, plan));
  if (plan.counter) out.op(...get(context.fuel), ...setLocal(added.fuel));
  if (plan.wrapped) openBlock(context, type, out);
  if (use.calls) scan.edits.setB(0, 1);
  copyEdited(emitter, start, end - 1);
  if (plan.wrapped) out.op(END);
  if (plan.counter) settle(emitter);
  if (plan.framed) {
    out.op(...get(context.depth), 0x41);
    out.signed(frameSlotsOf(scan, plan));
    out.op(0x6a, ...set(context.depth));
  }
  out.op(END);
}

interface Plan {
  /** Whether a local holds what is left of the fuel. */
  readonly counter: boolean;
  /** Whether the depth of its frame is charged. */
  readonly framed: boolean;
  /** Whether all ways out of it end in one place. */
  readonly wrapped: boolean;
  /** Letters of the locals that are added. */
  readonly letters: string;
}

interface Emitter {
  readonly context: EmitContext;
  readonly scan: FunctionScan;
  readonly plan: Plan;
  readonly added: AddedLocals;
  readonly out: ModuleWriter;
}

const END = 0x0b;
const CANONICAL_32 = [0, 0, 0xc0, 0x7f];
const CANONICAL_64 = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
const four = [...CANONICAL_32, ...CANONICAL_32, ...CANONICAL_32, ...CANONICAL_32];
/** By {@link FLOAT}: the constant, the comparison with itself, and the choice between the two. */
const CANONICAL = [
  undefined,
  { constant: [0x43, ...CANONICAL_32], equal: [0x5b], choose: [0x1b], letter: "f" },
  { constant: [0x44, ...CANONICAL_64], equal: [0x61], choose: [0x1b], letter: "F" },
  { constant: [0xfd, 0x0c, ...four], equal: [0xfd, 0x41], choose: [0xfd, 0x52], letter: "v" },
  {
    constant: [0xfd, 0x0c, ...CANONICAL_64, ...CANONICAL_64],
    equal: [0xfd, 0x47],
    choose: [0xfd, 0x52],
    letter: "v",
  },
] as const;
/** `if (… < 0) unreachable`, behind an i64 and behind an i32. */
const TRAP_BELOW_ZERO_64 = [0x42, 0, 0x53, 0x04, 0x40, 0x00, END];
const TRAP_BELOW_ZERO_32 = [0x41, 0, 0x48, 0x04, 0x40, 0x00, END];

function planOf(
  { use, edits, floats, locals, operands }: FunctionScan,
  { canonicalNans }: EmitContext,
): Plan {
  const counter = use.loops || use.counts;
  const made = new Set<string>();
  for (let edit = 0; edit < edits.length; edit += 1) {
    if (edits.kind(edit) !== EDIT.canonical) continue;
    const float = canonicalNans ? edits.b(edit) || floats.floatAt(edits.a(edit)) : FLOAT.none;
    edits.setB(edit, float);
    const letter = CANONICAL[float]?.letter;
    if (letter !== undefined) made.add(letter);
  }
  const framed = use.calls || FRAME_SLOTS + locals.slots + operands.maxSlots > FREE_SLOTS;
  const letters = [
    counter || use.calls ? "I" : "",
    framed || use.counts ? "i" : "",
    use.grows ? "i" : "",
    ...["f", "F", "v"].filter((letter) => made.has(letter)),
  ];
  return { counter, framed, wrapped: counter || framed, letters: letters.join("") };
}

function frameSlotsOf({ locals, operands }: FunctionScan, { letters }: Plan): number {
  const added = letters.length + (letters.includes("v") ? 1 : 0);
  return FRAME_SLOTS + locals.slots + operands.maxSlots + added;
}

function writeLocals(
  bytes: Uint8Array,
  { locals }: FunctionScan,
  { letters }: Plan,
  out: ModuleWriter,
): AddedLocals {
  out.u32(locals.groups.count + letters.length);
  out.raw(bytes, locals.groups.start, locals.groups.end);
  for (const letter of letters) out.op(1, TYPE_CODE[letter] ?? 0);
  const at = (letter: string, from = 0): number => locals.count + Math.max(0, letters.indexOf(letter, from));
  const first = at("i");
  return {
    fuel: at("I"),
    first,
    second: first + 1,
    floats: CANONICAL.map((canonical) => at(canonical?.letter ?? "")),
  };
}

function chargeFrame({ context: { depth }, added, out }: Emitter, slots: number): void {
  out.op(...get(depth), 0x41);
  out.signed(slots);
  out.op(0x6b, ...teeLocal(added.first), ...set(depth), ...getLocal(added.first), ...TRAP_BELOW_ZERO_32);
}

/** The block that all ways out of the function end in. */
function openBlock(context: EmitContext, { results }: FunctionType, out: ModuleWriter): void {
  out.op(0x02);
  if (results.length > 1) out.signed(context.blockType(results));
  else out.op(results === "" ? 0x40 : (TYPE_CODE[results] ?? 0));
}

function copyEdited(emitter: Emitter, start: number, end: number): void {
  const { context, out } = emitter;
  const { edits } = emitter.scan;
  let copied = start;
  for (let edit = 0; edit < edits.length; edit += 1) {
    const at = edits.at(edit);
    if (edits.kind(edit) === EDIT.leave && !emitter.plan.wrapped) continue;
    if (at > copied) out.raw(context.bytes, copied, at);
    copied = at + edits.skip(edit);
    countEdit(context.counts, edits, edit);
    writeEdit(emitter, edit);
  }
  out.raw(context.bytes, copied, end);
}

function countEdit(counts: RewriteCounts, edits: Edits, edit: number): void {
  const kind = edits.kind(edit);
  if (kind === EDIT.charge && edits.a(edit) > 0) counts.charges += 1;
  else if (kind === EDIT.canonical && edits.b(edit) !== FLOAT.none) counts.canonicalNans += 1;
  else if (kind === EDIT.grown) counts.growths += 1;
}

function writeEdit(emitter: Emitter, edit: number): void {
  const { context, scan, plan, added, out } = emitter;
  const { edits } = scan;
  const kind = edits.kind(edit);
  if (kind === EDIT.charge) chargeBlock(emitter, edits.a(edit), edits.b(edit) === 1);
  else if (kind === EDIT.canonical) canonicalise(emitter, edits.b(edit));
  else if (kind === EDIT.reload) {
    if (plan.counter) out.op(...get(context.fuel), ...setLocal(added.fuel));
  } else if (kind === EDIT.settle) {
    if (plan.counter) settle(emitter);
  } else if (kind === EDIT.leave) {
    out.u8(0x0c);
    out.u32(edits.a(edit));
  } else if (kind === EDIT.count) {
    out.op(...setLocal(added.first));
    chargeCount(emitter, edits.a(edit));
    out.op(...getLocal(added.first));
  } else if (kind === EDIT.keep) out.op(...teeLocal(added.first));
  else if (kind === EDIT.grown) chargeGrowth(emitter, edits.a(edit), edits.b(edit));
  else out.u32(edits.a(edit));
}

/** Takes `cost` from the fuel, and ends the guest where none is left if `checked`. */
function chargeBlock({ context, plan, added, out }: Emitter, cost: number, checked: boolean): void {
  if (cost === 0) return;
  out.op(...(plan.counter ? getLocal(added.fuel) : get(context.fuel)), 0x42);
  out.signed(cost);
  out.op(0x7d);
  if (checked)
    out.op(...teeLocal(added.fuel), ...set(context.fuel), ...getLocal(added.fuel), ...TRAP_BELOW_ZERO_64);
  else out.op(...(plan.counter ? setLocal(added.fuel) : set(context.fuel)));
}

/** Stores the fuel that a local holds, for whoever looks at it next. */
function settle({ context, added, out }: Emitter): void {
  out.op(...getLocal(added.fuel), ...set(context.fuel));
}

/** Takes what the kept count comes to, `count >> shift`, or `count << -shift`. */
function chargeCount({ context, added, out }: Emitter, shift: number): void {
  out.op(...getLocal(added.fuel), ...getLocal(added.first), 0xad, 0x42);
  out.signed(Math.abs(shift));
  out.op(shift > 0 ? 0x88 : 0x86, 0x7d, ...teeLocal(added.fuel), ...set(context.fuel));
  out.op(...getLocal(added.fuel), ...TRAP_BELOW_ZERO_64);
}

/** Charges growth that took place; where none did that the cap allows, it is the host that failed. */
function chargeGrowth(emitter: Emitter, shift: number, table: number): void {
  const { context, added, out } = emitter;
  out.op(...teeLocal(added.second), 0x41, 0x7f, 0x47, 0x04, 0x40);
  chargeCount(emitter, -shift);
  const max = maxOf(context, table);
  if (max !== undefined) {
    const size = table === GROWN_MEMORY ? [0x3f, 0x00] : [0xfc, 0x10, ...unsigned(table)];
    out.op(0x05, ...getLocal(added.first), 0xad, ...size, 0xad, 0x7c);
    if ("global" in max) out.op(...get(max.global));
    else {
      out.u8(0x42);
      out.signed(max.constant);
    }
    out.op(0x58, 0x04, 0x40, 0x41);
    out.signed(HOST_FAILED_DEPTH);
    out.op(...set(context.depth), 0x00, END);
  }
  out.op(END, ...getLocal(added.second));
}

/** What something may grow to; undefined for an imported table, which no host keeps from growing. */
function maxOf(
  { maxMemoryPages, maxTableElements, sharedMaxPages }: EmitContext,
  table: number,
): { readonly constant: number } | { readonly global: number } | undefined {
  if (table === GROWN_MEMORY && sharedMaxPages !== undefined) return { global: sharedMaxPages };
  const constant = table === GROWN_MEMORY ? maxMemoryPages : maxTableElements[table];
  return constant === undefined ? undefined : { constant };
}

function canonicalise({ added, out }: Emitter, float: number): void {
  const canonical = CANONICAL[float];
  if (canonical === undefined || float === FLOAT.none) return;
  const local = added.floats[float] ?? 0;
  out.op(...teeLocal(local), ...canonical.constant, ...getLocal(local), ...getLocal(local));
  out.op(...canonical.equal, ...canonical.choose);
}

const get = (index: number): readonly number[] => [0x23, ...unsigned(index)];
const set = (index: number): readonly number[] => [0x24, ...unsigned(index)];
const getLocal = (index: number): readonly number[] => [0x20, ...unsigned(index)];
const setLocal = (index: number): readonly number[] => [0x21, ...unsigned(index)];
const teeLocal = (index: number): readonly number[] => [0x22, ...unsigned(index)];

function unsigned(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
