import { fileURLToPath } from "node:url";

/** A program that does one kind of work and prints a checksum, in C and as a module: see `modules/kernels`. */
export interface Kernel {
  readonly id: string;
  readonly kind: "integer" | "float";
  /** How often it does its work, to take 1.3 s or so as native code. */
  readonly rounds: number;
}

/** Times of native code's CPU that a job may take through the whole network. */
export const RATIO_GOALS: Readonly<Record<Kernel["kind"], number>> = { integer: 1.5, float: 2.5 };

export const KERNELS: readonly Kernel[] = [
  { id: "sieve", kind: "integer", rounds: 750 },
  { id: "matrix-product", kind: "float", rounds: 150 },
  { id: "n-bodies", kind: "float", rounds: 1100 },
  { id: "integer-mix", kind: "integer", rounds: 330 },
  { id: "sha-256", kind: "integer", rounds: 850 },
  { id: "json-parse", kind: "integer", rounds: 900 },
  { id: "calls", kind: "integer", rounds: 850 },
];

/** How often a kernel does `share` of its work. */
export function roundsOf({ rounds }: Kernel, share: number): number {
  return Math.max(1, Math.round(rounds * share));
}

/** Where a kernel's source is, or its module. */
export function kernelFile({ id }: Kernel, extension: "c" | "wasm"): string {
  return fileURLToPath(new URL(`../modules/kernels/${id}.${extension}`, import.meta.url));
}
