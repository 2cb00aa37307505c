/** An operation that a generated module may hold; written out apart from the rewriter's own tables. */
export interface Operation {
  readonly code: readonly number[];
  /** Letters of types, as in `FunctionType`. */
  readonly takes: string;
  readonly leaves: string;
  /** Lanes that its immediate chooses among, each of as many immediates. */
  readonly lanes: number;
  readonly laneCount: number;
  /** Whether it makes NaNs, or sees the bits of floats that it takes. */
  readonly floats: "" | "makes" | "sees";
}

type Row = readonly [first: number, last: number, type: string, floats?: Operation["floats"], lanes?: number];

const SCALAR: readonly Row[] = [
  [0x45, 0x45, "i>i"],
  [0x46, 0x4f, "ii>i"],
  [0x50, 0x50, "I>i"],
  [0x51, 0x5a, "II>i"],
  [0x5b, 0x60, "ff>i"],
  [0x61, 0x66, "FF>i"],
  [0x67, 0x69, "i>i"],
  [0x6a, 0x78, "ii>i"],
  [0x79, 0x7b, "I>I"],
  [0x7c, 0x8a, "II>I"],
  [0x8b, 0x8c, "f>f"],
  [0x8d, 0x91, "f>f", "makes"],
  [0x92, 0x97, "ff>f", "makes"],
  [0x98, 0x98, "ff>f", "sees"],
  [0x99, 0x9a, "F>F"],
  [0x9b, 0x9f, "F>F", "makes"],
  [0xa0, 0xa5, "FF>F", "makes"],
  [0xa6, 0xa6, "FF>F", "sees"],
  [0xa7, 0xa7, "I>i"],
  [0xac, 0xad, "i>I"],
  [0xb2, 0xb3, "i>f"],
  [0xb4, 0xb5, "I>f"],
  [0xb6, 0xb6, "F>f", "makes"],
  [0xb7, 0xb8, "i>F"],
  [0xb9, 0xba, "I>F"],
  [0xbb, 0xbb, "f>F", "makes"],
  [0xbc, 0xbc, "f>i", "sees"],
  [0xbd, 0xbd, "F>I", "sees"],
  [0xbe, 0xbe, "i>f"],
  [0xbf, 0xbf, "I>F"],
  [0xc0, 0xc1, "i>i"],
  [0xc2, 0xc4, "I>I"],
];
const TRUNCATING: readonly Row[] = [
  [0xa8, 0xa9, "f>i"],
  [0xaa, 0xab, "F>i"],
  [0xae, 0xaf, "f>I"],
  [0xb0, 0xb1, "F>I"],
];
const SATURATING: readonly Row[] = [
  [0, 1, "f>i"],
  [2, 3, "F>i"],
  [4, 5, "f>I"],
  [6, 7, "F>I"],
];
const VECTOR: readonly Row[] = [
  [14, 14, "vv>v"],
  [15, 17, "i>v"],
  [18, 18, "I>v"],
  [19, 19, "f>v", "sees"],
  [20, 20, "F>v", "sees"],
  [21, 22, "v>i", "", 16],
  [23, 23, "vi>v", "", 16],
  [24, 25, "v>i", "", 8],
  [26, 26, "vi>v", "", 8],
  [27, 27, "v>i", "", 4],
  [28, 28, "vi>v", "", 4],
  [29, 29, "v>I", "", 2],
  [30, 30, "vI>v", "", 2],
  [31, 31, "v>f", "", 4],
  [32, 32, "vf>v", "sees", 4],
  [33, 33, "v>F", "", 2],
  [34, 34, "vF>v", "sees", 2],
  [35, 76, "vv>v"],
  [77, 77, "v>v"],
  [78, 81, "vv>v"],
  [82, 82, "vvv>v"],
  [83, 83, "v>i"],
  [94, 95, "v>v", "makes"],
  [96, 98, "v>v"],
  [99, 100, "v>i"],
  [101, 102, "vv>v"],
  [103, 106, "v>v", "makes"],
  [107, 109, "vi>v"],
  [110, 115, "vv>v"],
  [116, 117, "v>v", "makes"],
  [118, 121, "vv>v"],
  [122, 122, "v>v", "makes"],
  [123, 123, "vv>v"],
  [124, 129, "v>v"],
  [130, 130, "vv>v"],
  [131, 132, "v>i"],
  [133, 134, "vv>v"],
  [135, 138, "v>v"],
  [139, 141, "vi>v"],
  [142, 147, "vv>v"],
  [148, 148, "v>v", "makes"],
  [149, 153, "vv>v"],
  [155, 159, "vv>v"],
  [160, 161, "v>v"],
  [163, 164, "v>i"],
  [167, 170, "v>v"],
  [171, 173, "vi>v"],
  [174, 174, "vv>v"],
  [177, 177, "vv>v"],
  [181, 186, "vv>v"],
  [188, 191, "vv>v"],
  [192, 193, "v>v"],
  [195, 196, "v>i"],
  [199, 202, "v>v"],
  [203, 205, "vi>v"],
  [206, 206, "vv>v"],
  [209, 209, "vv>v"],
  [213, 223, "vv>v"],
  [224, 225, "v>v"],
  [227, 227, "v>v", "makes"],
  [228, 233, "vv>v", "makes"],
  [234, 235, "vv>v"],
  [236, 237, "v>v"],
  [239, 239, "v>v", "makes"],
  [240, 245, "vv>v", "makes"],
  [246, 247, "vv>v"],
  [248, 255, "v>v"],
];

/** Every numeric operation, those that may trap on what they are given only now and then. */
export const OPERATIONS: readonly Operation[] = [
  ...SCALAR.flatMap((row) => operationsOf([], row)),
  ...TRUNCATING.flatMap((row) => operationsOf([], row)),
  ...SATURATING.flatMap((row) => operationsOf([0xfc], row)),
  ...VECTOR.flatMap((row) => operationsOf([0xfd], row)),
  { code: [0xfd, 13], takes: "vv", leaves: "v", lanes: 32, laneCount: 16, floats: "" },
];

function operationsOf(prefix: readonly number[], row: Row): readonly Operation[] {
  const [first, last, type, floats = "", lanes = 0] = row;
  const [takes = "", leaves = ""] = type.split(">");
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const number = first + index;
    const code = prefix.length === 0 ? [number] : [...prefix, ...leb(number)];
    return { code, takes, leaves, lanes, laneCount: lanes === 0 ? 0 : 1, floats };
  });
}

function leb(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >>> 7];
}
