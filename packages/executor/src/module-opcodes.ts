/** What follows an opcode in the code. */
export const FORM = {
  /** Nothing that this profile knows. */
  none: 0,
  /** Nothing. */
  plain: 1,
  memory: 2,
  memoryLane: 3,
  lane: 4,
  constant: 5,
  /** One index, or several, that are only passed over. */
  index: 6,
  indexes: 7,
  /** What changes the flow of control, names a local or global, calls, or charges by what it is given. */
  special: 8,
} as const;

/** Floats that an operation makes or reads: a value with one is not yet canonical where it may be NaN. */
export const FLOAT = { none: 0, f32: 1, f64: 2, f32x4: 3, f64x2: 4 } as const;

/** Operations behind 0xfc begin here in the tables, and those behind 0xfd there. */
export const PREFIX_FC = 0x100;
export const PREFIX_FD = 0x200;
const OPERATIONS = 0x300;

/** Tables of operations by opcode, those behind a prefix from its beginning on. */
export interface Opcodes {
  /** A value of {@link FORM}. */
  readonly form: Uint8Array;
  /** Operands that it takes. */
  readonly pops: Uint8Array;
  /** The character code of the type that it leaves; 0 for none. */
  readonly pushes: Uint8Array;
  /** The float whose NaNs it may make, with any bits: a value of {@link FLOAT}. */
  readonly makes: Uint8Array;
  /** The float that it reads by its value alone: any NaN does. */
  readonly reads: Uint8Array;
  /** 1 where what it leaves is a float that is never NaN. */
  readonly neverNan: Uint8Array;
}

export const OPCODES: Opcodes = {
  form: new Uint8Array(OPERATIONS),
  pops: new Uint8Array(OPERATIONS),
  pushes: new Uint8Array(OPERATIONS),
  makes: new Uint8Array(OPERATIONS),
  reads: new Uint8Array(OPERATIONS),
  neverNan: new Uint8Array(OPERATIONS),
};

interface Floats {
  readonly makes?: number;
  readonly reads?: number;
  readonly neverNan?: boolean;
}

/** Enters operations: `ops` are numbers, or "first-last"; `type` is such as "ii>i". */
function define(ops: readonly (number | string)[], form: number, type: string, floats: Floats = {}): void {
  const [taken = "", left = ""] = type.split(">");
  for (const op of ops.flatMap(numbersOf)) {
    OPCODES.form[op] = form;
    OPCODES.pops[op] = taken.length;
    OPCODES.pushes[op] = left === "" ? 0 : left.charCodeAt(0);
    OPCODES.makes[op] = floats.makes ?? FLOAT.none;
    OPCODES.reads[op] = floats.reads ?? FLOAT.none;
    OPCODES.neverNan[op] = floats.neverNan === true ? 1 : 0;
  }
}

function numbersOf(range: number | string): readonly number[] {
  if (typeof range === "number") return [range];
  const [first = 0, last = first] = range.split("-").map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The same ranges behind a prefix. */
const behind =
  (prefix: number) =>
  (...ops: readonly (number | string)[]): readonly number[] =>
    ops.flatMap(numbersOf).map((op) => prefix + op);
const fc = behind(PREFIX_FC);
const fd = behind(PREFIX_FD);

const { plain, memory, memoryLane, lane, constant, index, indexes, special } = FORM;
const { f32, f64, f32x4, f64x2 } = FLOAT;
const both = (float: number): Floats => ({ makes: float, reads: float });

defineScalars();
defineVectors();

/** Core specification, 5.4.1 to 5.4.7, by number. */
function defineScalars(): void {
  define(["0-5", 11, "12-17", 26, 27, 28, "32-36", 64], special, ">");
  define([37], index, "i>r");
  define([38], index, "ir>");
  define([40, 44, 45, 46, 47], memory, "i>i");
  define([41, "48-53"], memory, "i>I");
  define([42], memory, "i>f");
  define([43], memory, "i>F");
  define(["54-62"], memory, "iv>");
  define([63], index, ">i");
  define([65, 66, 67, 68], constant, ">");
  define([69], plain, "i>i");
  define(["70-79"], plain, "ii>i");
  define([80], plain, "I>i");
  define(["81-90"], plain, "II>i");
  define(["91-96"], plain, "ff>i", { reads: f32 });
  define(["97-102"], plain, "FF>i", { reads: f64 });
  define(["103-105", 192, 193], plain, "i>i");
  define(["106-120"], plain, "ii>i");
  define(["121-123", "194-196"], plain, "I>I");
  define(["124-138"], plain, "II>I");
  define([139, 140], plain, "f>f");
  define(["141-145"], plain, "f>f", both(f32));
  define(["146-151"], plain, "ff>f", both(f32));
  define([152], plain, "ff>f");
  define([153, 154], plain, "F>F");
  define(["155-159"], plain, "F>F", both(f64));
  define(["160-165"], plain, "FF>F", both(f64));
  define([166], plain, "FF>F");
  define([167], plain, "I>i");
  define([168, 169, ...fc(0, 1)], plain, "f>i", { reads: f32 });
  define([170, 171, ...fc(2, 3)], plain, "F>i", { reads: f64 });
  define([172, 173], plain, "i>I");
  define([174, 175, ...fc(4, 5)], plain, "f>I", { reads: f32 });
  define([176, 177, ...fc(6, 7)], plain, "F>I", { reads: f64 });
  define(["178-181"], plain, "i>f", { neverNan: true });
  define([182], plain, "F>f", { makes: f32, reads: f64 });
  define(["183-186"], plain, "i>F", { neverNan: true });
  define([187], plain, "f>F", { makes: f64, reads: f32 });
  define([188], plain, "f>i");
  define([189], plain, "F>I");
  define([190], plain, "i>f");
  define([191], plain, "I>F");
  define([208], special, ">");
  define([209], plain, "r>i");
  define([210], index, ">r");
  define(fc(8, 10, 12, 14), indexes, "iii>");
  define(fc(9, 13), index, ">");
  define(fc(11, 17), index, "iii>");
  define(fc(15), index, "ri>i");
  define(fc(16), index, ">i");
}

/** Core specification, 5.4.8, by number. */
function defineVectors(): void {
  define(fd("0-10", 92, 93), memory, "i>v");
  define(fd(11), memory, "iv>");
  define(fd(12), constant, ">");
  define(fd(13), constant, "vv>v");
  define(fd(15, 16, 17, 18), plain, "i>v");
  define(fd(19, 20), plain, "f>v");
  define(fd(21, 22, 24, 25, 27), lane, "v>i");
  define(fd(23, 26, 28, 30, 32, 34), lane, "vi>v");
  define(fd(29), lane, "v>I");
  define(fd(31), lane, "v>f");
  define(fd(33), lane, "v>F");
  define(fd("35-64", "214-219"), plain, "vv>v");
  define(fd("65-70"), plain, "vv>v", { reads: f32x4 });
  define(fd("71-76"), plain, "vv>v", { reads: f64x2 });
  define(fd(82), plain, "vvv>v");
  define(fd(83, 99, 100, 131, 132, 163, 164, 195, 196), plain, "v>i");
  define(fd("84-87"), memoryLane, "iv>v");
  define(fd("88-91"), memoryLane, "iv>");
  define(fd(94), plain, "v>v", { makes: f32x4, reads: f64x2 });
  define(fd(95), plain, "v>v", { makes: f64x2, reads: f32x4 });
  define(fd(77, "96-98", "124-129", "135-138", 160, 161, "167-170"), plain, "v>v");
  define(fd(192, 193, "199-202", 224, 225, 236, 237), plain, "v>v");
  define(fd("103-106", 227), plain, "v>v", both(f32x4));
  define(fd(116, 117, 122, 148, 239), plain, "v>v", both(f64x2));
  define(fd("107-109", "139-141", "171-173", "203-205"), plain, "vi>v");
  define(fd(14, "78-81", 101, 102, "110-115", "118-121", 123, 130), plain, "vv>v");
  define(fd(133, 134, "142-147", "149-153", "155-159", 174, 177, "181-186"), plain, "vv>v");
  define(fd("188-191", 206, 209, 213, "220-223", 234, 235, 246, 247), plain, "vv>v");
  define(fd("228-233"), plain, "vv>v", both(f32x4));
  define(fd("240-245"), plain, "vv>v", both(f64x2));
  define(fd(248, 249), plain, "v>v", { reads: f32x4 });
  define(fd(252, 253), plain, "v>v", { reads: f64x2 });
  define(fd(250, 251, 254, 255), plain, "v>v", { neverNan: true });
}

/** What the operation `op` behind `prefix`, that the tables don't have, is of. */
export function describeOpcode(prefix: number, op: number): string {
  const code = prefix === 0 ? hex(op) : `${hex(prefix)} ${hex(op)}`;
  return `${featureOf(prefix, op)} (opcode ${code})`;
}

function featureOf(prefix: number, op: number): string {
  if (prefix === 0xfe) return "threads and atomics";
  if (prefix === 0xfd) return op >= 0x100 && op < 0x130 ? "relaxed SIMD" : "an unknown vector operation";
  if (prefix === 0xfc) return op >= 19 && op <= 22 ? "wide arithmetic" : "an unknown operation";
  if (prefix === 0xfb) return op >= 0x80 ? "stringref" : "GC types";
  if (op >= 6 && op <= 10) return "exception handling";
  if (op === 0x18 || op === 0x19 || op === 0x1f) return "exception handling";
  if (op === 0x12 || op === 0x13 || op === 0x15) return "tail calls";
  if (op === 0x14 || (op >= 0xd3 && op <= 0xd6)) return "typed references";
  if (op >= 0xe0 && op <= 0xe6) return "stack switching";
  return "an unknown operation";
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}
