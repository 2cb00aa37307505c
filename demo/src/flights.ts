import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** 10,000 flights of early 2001, as the US Bureau of Transportation Statistics recorded them. */
const FLIGHTS_FILE = fileURLToPath(new URL("../data/flights-10k.json", import.meta.resolve("vega-datasets")));
/** The analysis of `assembly/`, compiled. */
const MODULE_FILE = fileURLToPath(new URL("../dist/flight-delays.wasm", import.meta.url));

export function readFlights(): Promise<Buffer> {
  return readFile(FLIGHTS_FILE);
}

export function readModule(): Promise<Buffer> {
  return readFile(MODULE_FILE);
}
