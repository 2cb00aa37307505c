import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallOptions } from "@gadus/protocol";
import { BenchError } from "./bench-error.ts";
import { type JobClient, openJobClient } from "./job-client.ts";
import { countBlocks, type LargeContent, makeLargeContent } from "./large-content.ts";
import type { Machine } from "./machine.ts";
import { type PeakMemory, peaksOf, resetPeaks } from "./peak-memory.ts";
import { argumentsOf, bytesOf, readDirectly } from "./read-plan.ts";
import { serveRanges } from "./serve-ranges.ts";
import { dataFolderOf, type StreamNodes, startStreamNodes } from "./stream-nodes.ts";
import { INPUT_GIB, type StreamRow, streamRows } from "./stream-rows.ts";

/** What one row took. */
export interface StreamMeasurement {
  readonly row: StreamRow;
  /** From its submission until it is `Completed`. */
  readonly seconds: number;
  /** What `fs.readSync` takes for the same reads of the local file. */
  readonly directSeconds: number;
  readonly peak: PeakMemory;
  /** Different blocks of the input that its node has afterwards, of a node that had none. */
  readonly blocks?: number;
  /** What the server of a URL was asked. */
  readonly requests: number;
}

/** What one run found. */
export interface StreamResults {
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly machine: Machine;
  readonly quick: boolean;
  readonly content: LargeContent;
  readonly measurements: readonly StreamMeasurement[];
}

export interface StreamOptions extends CallOptions {
  readonly quick: boolean;
  /** As it was before. */
  readonly machine: Machine;
  readonly measured: (measurement: StreamMeasurement) => void;
}

const GIB = 1024 ** 3;
const FULL_LEAVES = 512;
const QUICK_LEAVES = 128;

/** Measures jobs that read an input of 10 GiB: a sparse file, a CID, and the file behind a server of this process. */
export async function benchmarkStreams(options: StreamOptions): Promise<StreamResults> {
  const { quick, machine, measured, signal = new AbortController().signal } = options;
  const folder = await mkdtemp(join(tmpdir(), "gadus-bench-"));
  try {
    const path = join(folder, "input");
    const file = await open(path, "w");
    await file.truncate(INPUT_GIB * GIB);
    await file.close();
    const leaves = quick ? QUICK_LEAVES : FULL_LEAVES;
    const blocks = join(dataFolderOf(folder, "holder"), "blocks");
    const content = await makeLargeContent(blocks, { parts: INPUT_GIB, leaves });
    const server = await serveRanges(path);
    const nodes = await startStreamNodes(folder, signal);
    const client = await openJobClient(nodes.api, { signal });
    try {
      const bench: Bench = { nodes, client, content, path, requests: () => server.requests() };
      const measurements: StreamMeasurement[] = [];
      for (const row of streamRows({ path, content, url: server.url }, quick)) {
        signal.throwIfAborted();
        const measurement = await measureRow(row, bench);
        measurements.push(measurement);
        measured(measurement);
      }
      return { measuredAt: new Date().toISOString(), machine, quick, content, measurements };
    } finally {
      client.close();
      await nodes.stop();
      await server.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface Bench {
  readonly nodes: StreamNodes;
  readonly client: JobClient;
  readonly content: LargeContent;
  readonly path: string;
  readonly requests: () => number;
}

async function measureRow(row: StreamRow, bench: Bench): Promise<StreamMeasurement> {
  const { nodes, client, content, path } = bench;
  if (row.fresh) await nodes.restartStranger(async () => {});
  const name = row.id.replaceAll(/\W+/g, "-");
  const body = Buffer.from(JSON.stringify({ Job: await jobOf(row, name) }));
  const { pid } = nodes[row.place];
  await resetPeaks(pid);
  const requests = bench.requests();
  const startedMs = performance.now();
  await client.run(body);
  const seconds = (performance.now() - startedMs) / 1000;
  const peak = await peaksOf(pid);
  await checkResult(nodes, name, bytesOf(row.plan));
  const directSeconds = readDirectly(path, INPUT_GIB * GIB, row.plan);
  const count = (folder: string): Promise<number> => countBlocks(join(folder, "blocks"), content.blocks);
  return {
    row,
    seconds,
    directSeconds,
    peak,
    requests: bench.requests() - requests,
    ...(row.fresh && { blocks: await nodes.restartStranger(count) }),
  };
}

async function jobOf({ source, plan, place }: StreamRow, name: string): Promise<object> {
  const module = await readFile(new URL("../modules/read-input.wasm", import.meta.url));
  const url = `data:application/wasm;base64,${module.toString("base64")}`;
  return {
    Name: name,
    Type: "batch",
    Constraints: [{ Key: "place", Operator: "=", Values: [place] }],
    Tasks: [
      {
        Name: "main",
        Engine: { Type: "wasm", Params: { EntryModule: "/main.wasm", Parameters: argumentsOf(plan) } },
        InputSources: [
          { Source: { Type: "inline", Params: { URL: url } }, Target: "/main.wasm" },
          { Source: source, Target: "/input" },
        ],
        Resources: { CPU: "100m", Memory: "16Mb", Disk: "1Mb" },
      },
    ],
  };
}

/** Fails where the job `name` didn't read what it should: its figures would be of something else. */
async function checkResult({ api, jobs }: StreamNodes, name: string, bytes: number): Promise<void> {
  interface Answer {
    readonly Items: readonly { readonly Params: { readonly CID: string } }[];
  }
  const { Items } = await jobs.get<Answer>(`/${name}/results`);
  const car = await fetch(`${api}/ipfs/${Items[0]?.Params.CID}?format=car`);
  const text = Buffer.from(await car.arrayBuffer()).toString("latin1");
  if (text.includes(`read ${bytes} bytes`)) return;
  const said = /[\w /]+: [\w ]+|\d+ bytes came[\w ]*/.exec(text)?.[0] ?? "something else";
  throw new BenchError("bench/job-not-completed", `Cannot measure job ${name}: it says ${said}`);
}
