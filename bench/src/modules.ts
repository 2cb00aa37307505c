import { readFile } from "node:fs/promises";

/** The smallest command: `_start` does nothing. 64 bytes, the last 14 of them padding. */
export const TINY_MODULE: Uint8Array = Buffer.from(
  [
    "0061736d01000000",
    // One type, without parameters and results; one function of it; one page of memory.
    "010401600000",
    "03020100",
    "0503010001",
    // Exports: "memory" and "_start".
    "071302066d656d6f72790200065f73746172740000",
    // An empty body.
    "0a040102000b",
    // A custom section "padding".
    "000c0770616464696e6700000000",
  ].join(""),
  "hex",
);

/** A C program with 82 KiB of library code that returns at once; see `modules/`. */
export function readRealModule(): Promise<Uint8Array> {
  return readFile(new URL("../modules/matching-words.wasm", import.meta.url));
}
