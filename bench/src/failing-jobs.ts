import { createHash } from "node:crypto";
import type { JobEnd } from "./job-client.ts";
import { ENDLESS_MODULE, EXITING_MODULE, TRAPPING_MODULE } from "./failing-modules.ts";
import { wasmJob } from "./job-document.ts";
import { TINY_MODULE } from "./modules.ts";

/** One way for a job to come to nothing. */
export interface Failing {
  readonly name: string;
  /** How many of each hundred jobs go this way. */
  readonly share: number;
  /** The document of the `index`th job, like no other's. */
  readonly document: (index: number) => object;
  readonly status: JobEnd["status"];
  /** What the job's end must say. */
  readonly says: RegExp;
}

interface Document {
  readonly Tasks: readonly {
    readonly Engine: { readonly Type: string; readonly Params: object };
    readonly InputSources: readonly object[];
  }[];
}

type Task = Document["Tasks"][number];

/** Where every node is full, a job waits for its turn. */
const PATIENT = { QueueTimeout: 900 };

/** A job of `module` whose only task is changed by `change`. */
function jobOf(index: number, module: Uint8Array, change: (task: Task) => object = () => ({})): object {
  const document = wasmJob(module, 1) as Document;
  const tasks = document.Tasks.map((task) => ({ Timeouts: PATIENT, ...task, ...change(task) }));
  return { ...document, Name: `failing-${index}`, Tasks: tasks };
}

function params(task: Task, change: object): object {
  return { Engine: { ...task.Engine, Params: { ...task.Engine.Params, ...change } } };
}

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** A CID (version 1, raw, sha2-256) of content that nobody has. */
function missingCid(index: number): string {
  const digest = createHash("sha256").update(`nobody has number ${index}`).digest();
  const bytes = [0x01, 0x55, 0x12, 0x20, ...digest];
  let text = "b";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(value >> (bits - 5)) & 31] ?? "";
    value &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + (BASE32[(value << (5 - bits)) & 31] ?? "");
}

/** Ways to fail; the shares make a hundred. What a guest does wrong is a result like any other: such a job completes. */
export const FAILING: readonly Failing[] = [
  {
    name: "bytes that are no module",
    share: 17,
    document: (index) => jobOf(index, Buffer.from(`not a module ${index}`)),
    status: "failed",
    says: /module/i,
  },
  {
    name: "a module that traps",
    share: 17,
    document: (index) => jobOf(index, TRAPPING_MODULE),
    status: "completed",
    says: /Completed/,
  },
  {
    name: "exit code 1",
    share: 16,
    document: (index) => jobOf(index, EXITING_MODULE),
    status: "completed",
    says: /Completed/,
  },
  {
    name: "an input that nobody has",
    share: 15,
    document: (index) =>
      jobOf(index, TINY_MODULE, ({ InputSources }) => ({
        InputSources: [
          ...InputSources,
          { Source: { Type: "ipfs", Params: { CID: missingCid(index) } }, Target: "/in" },
        ],
      })),
    status: "failed",
    says: /was not found within/,
  },
  {
    name: "a path that no input has",
    share: 8,
    document: (index) =>
      jobOf(index, TINY_MODULE, (task) => params(task, { EntryModule: `/nothing-${index}.wasm` })),
    status: "refused",
    says: /no input source puts a file at/,
  },
  {
    name: "a result path that nothing is at",
    share: 8,
    document: (index) =>
      jobOf(index, TINY_MODULE, () => ({ ResultPaths: [{ Name: "out", Path: `/out-${index}` }] })),
    status: "completed",
    says: /Completed/,
  },
  {
    name: "no such entry point",
    share: 16,
    document: (index) => jobOf(index, TINY_MODULE, (task) => params(task, { Entrypoint: `nothing${index}` })),
    status: "failed",
    says: /nothing\d+/,
  },
  {
    name: "more memory than any node has",
    share: 2,
    document: (index) =>
      jobOf(index, TINY_MODULE, () => ({
        Resources: { CPU: "10m", Memory: "4096Gi" },
        Timeouts: {},
      })),
    status: "failed",
    says: /Cannot place the job/,
  },
  {
    name: "a run that never ends",
    share: 1,
    document: (index) =>
      jobOf(index, ENDLESS_MODULE, () => ({ Timeouts: { ...PATIENT, ExecutionTimeout: 1 } })),
    status: "failed",
    says: /more than 1000 ms|ExecutionTimeout|timed out/,
  },
];

/** The way that the `index`th job fails: every hundred jobs go all ways, mixed. */
export function failingAt(index: number): Failing {
  // A step that has no divisor in common with a hundred visits every place.
  let place = (index * 37) % 100;
  for (const way of FAILING) {
    if (place < way.share) return way;
    place -= way.share;
  }
  throw new RangeError(`the shares don't make a hundred: nothing is at ${index}`);
}
