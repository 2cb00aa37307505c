import { closeSync, openSync, readSync } from "node:fs";

/** What is read of a file: so many bytes from its beginning, or so many pieces anywhere in it. */
export type ReadPlan =
  | { readonly kind: "sequence"; readonly bytes: number; readonly blockBytes: number }
  | { readonly kind: "anywhere"; readonly reads: number; readonly blockBytes: number };

const PAGE_BYTES = 4096;

/** The arguments of `modules/read-input.wasm` for `plan`. */
export function argumentsOf(plan: ReadPlan): readonly string[] {
  const count = plan.kind === "sequence" ? plan.bytes : plan.reads;
  return [plan.kind, String(count), String(plan.blockBytes)];
}

export function bytesOf(plan: ReadPlan): number {
  return plan.kind === "sequence" ? plan.bytes : plan.reads * plan.blockBytes;
}

export function readsOf(plan: ReadPlan): number {
  return plan.kind === "sequence" ? plan.bytes / plan.blockBytes : plan.reads;
}

/** Reads the file at `path` by `plan` as the module does, with nothing between; answers the seconds that it took. */
export function readDirectly(path: string, sizeBytes: number, plan: ReadPlan): number {
  const places = placesOf(sizeBytes, plan);
  const file = openSync(path, "r");
  const block = new Uint8Array(plan.blockBytes);
  const startedMs = performance.now();
  let seen = 0;
  try {
    for (const place of places) {
      const got = readSync(file, block, 0, plan.blockBytes, place);
      if (got !== plan.blockBytes) throw new RangeError(`Cannot read ${path}: ${got} bytes came`);
      for (let at = 0; at < got; at += PAGE_BYTES) seen += block[at] ?? 0;
    }
  } finally {
    closeSync(file);
  }
  return seen < 0 ? 0 : (performance.now() - startedMs) / 1000;
}

/** Where each read begins: those of the module. */
function placesOf(sizeBytes: number, plan: ReadPlan): readonly number[] {
  const reads = Array.from({ length: readsOf(plan) }, (_, read) => read * plan.blockBytes);
  if (plan.kind === "sequence") return reads;
  let state = 1n;
  const places = BigInt(sizeBytes - plan.blockBytes);
  return reads.map(() => {
    state = BigInt.asUintN(64, state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n);
    return Number((state >> 16n) % places);
  });
}
