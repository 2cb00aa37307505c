import { memoryVolume } from "@gadus/storage/memory";
import { expect, test } from "vitest";
import { mounted } from "./conformance.ts";
import { PRICE } from "./host-fuel.ts";
import {
  builtModule,
  compileWat,
  runToEnd,
  startedExecutor,
  type TaskWish,
  wasmRequest,
} from "./test-wasm.ts";
import { WASI_SIGNATURES } from "./wasi-signatures.ts";

const probe = await builtModule("probe");
const executor = startedExecutor();
const run = async (...given: Parameters<typeof wasmRequest>) =>
  runToEnd(executor, await wasmRequest(...given));

const inputs = [mounted("/in", memoryVolume({ "": "x".repeat(100_000) }))];
/** What is in the memory of each module: vectors of 8 bytes at 0 to what is at 4096, and paths. */
const DATA = `(data (i32.const 0) "${"\\00\\10\\00\\00\\08\\00\\00\\00".repeat(4)}")
  (data (i32.const 256) "in") (data (i32.const 264) "la") (data (i32.const 272) "./././in")`;
const RESULT = 2048;

type Call = readonly [name: string, ...given: readonly number[]];

/** A module that calls `name` with each of `calls` in turn. */
function caller(calls: readonly Call[]): Promise<Uint8Array> {
  const names = [...new Set(calls.map(([name]) => name))];
  const typeOf = (kind: string): string => (kind === "I" ? "i64" : "i32");
  const imports = names.map((name) => {
    const parameters = Array.from(WASI_SIGNATURES[name] ?? "", typeOf).join(" ");
    return `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${parameters}) (result i32)))`;
  });
  const lines = calls.map(([name, ...given]) => {
    const values = given.map(
      (value, index) => `(${typeOf(WASI_SIGNATURES[name]?.[index] ?? "")}.const ${value})`,
    );
    return `(drop (call $${name} ${values.join(" ")}))`;
  });
  return compileWat(
    `(module ${imports.join(" ")} (memory (export "memory") 4) ${DATA} (func (export "_start") ${lines.join(" ")}))`,
  );
}

/** What `call` takes beside the instructions that make it, after `before`. */
async function priceOf(call: Call, before: readonly Call[] = []): Promise<number> {
  const first: readonly Call[] = [["sched_yield"], ...before];
  const wish: TaskWish = { inputs };
  const [without, once] = await Promise.all([
    run(await caller(first), wish),
    run(await caller([...first, call]), wish),
  ]);
  const instructions = call.length + 1;
  return (once.usage?.fuel ?? 0) - (without.usage?.fuel ?? 0) - instructions;
}

const ALL_RIGHTS = 0x0fff_ffff;
const open = (path: number, length: number, openFlags: number, rights = ALL_RIGHTS): Call => {
  return ["path_open", 3, 0, path, length, openFlags, rights, rights, 0, RESULT];
};
const openInput = open(256, 2, 0, 2 | 4);
const openFile = open(264, 1, 1);
const path = (bytes: number): number => bytes * PRICE.pathByte;

interface Price {
  readonly what: string;
  /** Beside that of the call itself. */
  readonly price: number;
  readonly call: Call;
  readonly before?: readonly Call[];
}

const { vector, search, listedName, entry } = PRICE;
const PRICES: readonly Price[] = [
  { what: "a call that does nothing", price: 0, call: ["sched_yield"] },
  { what: "a call that fails", price: 0, call: ["fd_close", 99] },
  { what: "a random byte", price: 1000 * PRICE.randomByte, call: ["random_get", 4096, 1000] },
  { what: "a byte of a path", price: path(8), call: ["path_filestat_get", 3, 0, 272, 8, RESULT] },
  {
    what: "a byte of a link's target",
    price: path(1 + 2),
    call: ["path_filestat_get", 3, 1, 264, 1, RESULT],
    before: [["path_symlink", 256, 2, 3, 264, 1]],
  },
  {
    what: "a name that is moved",
    price: path(2 + 1) + PRICE.ancestor,
    call: ["path_rename", 3, 264, 2, 3, 265, 1],
    before: [["path_create_directory", 3, 264, 2]],
  },
  { what: "a subscription", price: PRICE.subscription, call: ["poll_oneoff", 4096, 8192, 1, RESULT] },
  { what: "a buffer that is printed", price: 3 * (vector + 1), call: ["fd_write", 1, 0, 3, RESULT] },
  {
    what: "a byte that a file grows by",
    price: vector + 1 + 8,
    call: ["fd_write", 4, 0, 1, RESULT],
    before: [openFile],
  },
  {
    what: "what is written over",
    price: vector + 1,
    call: ["fd_pwrite", 4, 0, 1, 0, RESULT],
    before: [openFile, ["fd_write", 4, 0, 1, RESULT]],
  },
  { what: "a size", price: 1000, call: ["fd_filestat_set_size", 4, 1000], before: [openFile] },
  {
    what: "a smaller size",
    price: 0,
    call: ["fd_filestat_set_size", 4, 1],
    before: [openFile, ["fd_filestat_set_size", 4, 1000]],
  },
  {
    what: "an input that is read on",
    price: vector + 8,
    call: ["fd_read", 4, 0, 1, RESULT],
    before: [openInput],
  },
  {
    what: "an input that is read elsewhere",
    price: vector + 8 + search,
    call: ["fd_pread", 4, 0, 1, 50_000, RESULT],
    before: [openInput],
  },
  {
    what: "the end of an input",
    price: vector,
    call: ["fd_pread", 4, 0, 1, 100_000, RESULT],
    before: [openInput],
  },
  {
    what: "a listing",
    price: 2 * listedName + 4 * entry,
    call: ["fd_readdir", 3, 4096, 4096, 0, RESULT],
  },
  {
    what: "a listing that goes on",
    price: 2 * entry,
    call: ["fd_readdir", 3, 4096, 4096, 2, RESULT],
    before: [["fd_readdir", 3, 4096, 0, 0, RESULT]],
  },
];

test.each(PRICES)("$what has its price", async ({ price, call, before }) => {
  expect(await priceOf(call, before)).toBe(PRICE.call + price);
});

test("fuel that host functions spend ends a run as instructions do, to the last one", async () => {
  for (const args of [["list", "/"], ["put", "/new", "x"], ["entropy"], ["many", "/", "100"]]) {
    const done = await run(probe, { args });
    const needed = done.usage?.fuel ?? 0;
    expect(await run(probe, { args, fuel: needed })).toEqual(done);
    const spent = await run(probe, { args, fuel: needed - 1 });
    expect(spent).toMatchObject({ exitCode: 152, usage: { fuel: needed - 1 } });
  }
});

test("a guest that does nothing but call its host ends with its fuel, at the same call in every run", async () => {
  const module = await compileWat(`(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1) ${DATA}
    (func (export "_start") (loop (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const ${RESULT}))) (br 0))))`);
  const first = await run(module, { fuel: 10_000_000 });
  expect(first).toMatchObject({ exitCode: 152, usage: { fuel: 10_000_000 } });
  const calls = (first.files["stdout"]?.length ?? 0) / 8;
  expect(calls * PRICE.call).toBeLessThan(10_000_000);
  for (let again = 0; again < 3; again += 1) expect(await run(module, { fuel: 10_000_000 })).toEqual(first);
});

test("what one call would take is asked for before it is done", async () => {
  const huge = await run(await caller([["random_get", 4096, 200_000]]), { fuel: 1_000_000 });
  expect(huge).toMatchObject({ exitCode: 152, usage: { fuel: 1_000_000 } });
  const sized = await run(await caller([openFile, ["fd_allocate", 4, 0, 15 * 1024 * 1024]]), {
    fuel: 1_000_000,
  });
  expect(sized).toMatchObject({ exitCode: 152, usage: { fuel: 1_000_000 } });
});
