import { setTimeout as delay } from "node:timers/promises";
import { type Client, ClientError } from "@gadus/client";
import type { CallOptions } from "@gadus/protocol";
import { messageOf } from "@gadus/protocol/coded-error";
import { dropConnection } from "./drop-connection.ts";
import { wasmJob } from "./job-document.ts";
import { TINY_MODULE } from "./modules.ts";

/** What the clients of a soak share. */
export interface SoakLedger {
  /** Jobs that the API answered for with 200. */
  readonly submitted: string[];
  /** How often each act ended each way. */
  readonly acts: Map<string, number>;
  /** Answers that weren't right, in words. */
  readonly wrong: string[];
}

export interface SoakClientOptions extends CallOptions {
  readonly client: Client;
  readonly ledger: SoakLedger;
  /** A number from 0 up to 1, the next of a row that the seed gives. */
  readonly random: () => number;
  /** When it begins nothing new any more, by `performance.now()`. */
  readonly untilMs: number;
}

const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 1500;
const MAX_JOB_MS = 2000;
const MAX_LINES = 40;
const PAGE = 50;
const MAX_WRONG = 20;

/** The share of each act, of 20. */
const SHARES = { list: 6, submit: 5, follow: 5, drop: 4 } as const;
type Act = keyof typeof SHARES;
const ACTS = Object.entries(SHARES).flatMap(([act, share]) => Array<Act>(share).fill(act as Act));

/** One client: lists, submits, follows logs, and drops connections, in an order that `random` gives. */
export async function soakClient(options: SoakClientOptions): Promise<void> {
  const { ledger, random, untilMs, signal } = options;
  while (performance.now() < untilMs) {
    const act = ACTS[Math.floor(random() * ACTS.length)] ?? "list";
    const end = await perform(act, options).catch((error: unknown) => failed(act, error, ledger));
    const name = `${act}: ${end}`;
    ledger.acts.set(name, (ledger.acts.get(name) ?? 0) + 1);
    await delay(MIN_PAUSE_MS + random() * (MAX_PAUSE_MS - MIN_PAUSE_MS), undefined, { signal });
  }
}

function failed(act: Act, error: unknown, { wrong }: SoakLedger): string {
  if (error instanceof ClientError && error.code === "client/overloaded") return "told to come back";
  if (wrong.length < MAX_WRONG) wrong.push(`${act}: ${messageOf(error)}`);
  return "failed";
}

async function perform(act: Act, options: SoakClientOptions): Promise<string> {
  const { client, ledger, random, signal } = options;
  if (act === "list") {
    const first = await client.jobs.list({ limit: PAGE, signal });
    if (random() < 0.5 && first.NextToken)
      await client.jobs.list({ limit: PAGE, nextToken: first.NextToken, signal });
    return "right";
  }
  if (act === "drop") {
    await dropConnection(client.url, { random, jobId: ledger.submitted.at(-1) });
    return "done";
  }
  if (act === "submit") {
    const document = random() < 0.3 ? wasmJob(TINY_MODULE, 1) : printingJob(random).document;
    ledger.submitted.push((await client.jobs.submit(document, { signal })).JobID);
    return "right";
  }
  const { document, lines } = printingJob(random);
  const { JobID } = await client.jobs.submit(document, { signal });
  ledger.submitted.push(JobID);
  const read: string[] = [];
  for await (const { value } of client.logs(JobID, { follow: true, signal }))
    read.push(value.Line.replace(/\n$/, ""));
  if (read.join("\n") === lines.join("\n")) return "right";
  throw new Error(`Cannot read the logs of ${JobID}: ${read.length} lines of ${lines.length} came`);
}

/** A job that prints lines like no other's, and then takes a while. */
function printingJob(random: () => number): { readonly document: object; readonly lines: readonly string[] } {
  const word = random().toString(36).slice(2);
  const count = 1 + Math.floor(random() * MAX_LINES);
  const lines = Array.from({ length: count }, (_, index) => `${word} ${index}`);
  const params = { Stdout: `${lines.join("\n")}\n`, DurationMs: Math.floor(random() * MAX_JOB_MS) };
  const task = {
    Name: "main",
    Engine: { Type: "noop", Params: params },
    Resources: { CPU: "10m", Memory: "16Mb", Disk: "1Mb" },
    Publisher: { Type: "ipfs" },
    Timeouts: { QueueTimeout: 900 },
  };
  return { document: { Type: "batch", Tasks: [task] }, lines };
}
