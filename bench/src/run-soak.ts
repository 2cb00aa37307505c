import { setTimeout as delay } from "node:timers/promises";
import type { Devnet } from "@gadus/cli/start-devnet";
import { type Client, createClient } from "@gadus/client";
import type { CallOptions } from "@gadus/protocol";
import { residentBytes } from "./process-family.ts";
import { type SoakLedger, soakClient } from "./soak-client.ts";

/** What came of many clients that go on for a while. */
export interface SoakReport {
  readonly clients: number;
  readonly minutes: number;
  /** Jobs that the API answered for. */
  readonly submitted: number;
  /** How many of all listed jobs ended each way; those of clients that hung up are among them. */
  readonly ends: ReadonlyMap<string, number>;
  /** Submitted jobs that aren't listed, or didn't end as they should. */
  readonly lost: readonly string[];
  /** How often each act ended each way. */
  readonly acts: ReadonlyMap<string, number>;
  /** What wasn't right, in words. */
  readonly wrong: readonly string[];
  readonly memory: readonly SoakMemory[];
}

/** Resident memory of a node's processes. */
export interface SoakMemory {
  readonly node: string;
  /** The middle of what was seen in each tenth of the time. */
  readonly bytes: readonly number[];
}

export interface SoakOptions extends CallOptions {
  readonly clients: number;
  readonly durationMs: number;
  readonly seed: number;
}

const LOOK_MS = 2000;
const TENTHS = 10;
const MAX_DRAIN_MS = 600_000;
const PAGE = 1000;
const OVER: ReadonlySet<string> = new Set(["Completed", "Failed", "Stopped"]);

/** Has many clients use `devnet` at once, and looks at what became of every job and of every node's memory. */
export async function runSoak(devnet: Devnet, options: SoakOptions): Promise<SoakReport> {
  const { clients, durationMs, signal } = options;
  const client = createClient({ url: devnet.api, ...(signal !== undefined && { signal }) });
  const ledger: SoakLedger = { submitted: [], acts: new Map(), wrong: [] };
  const startedAtMs = performance.now();
  const untilMs = startedAtMs + durationMs;
  const seen: number[][][] = devnet.nodes.map(() => Array.from({ length: TENTHS }, () => []));
  const watch = async (): Promise<void> => {
    for (let now = performance.now(); now < untilMs; now = performance.now()) {
      const tenth = Math.min(TENTHS - 1, Math.floor(((now - startedAtMs) / durationMs) * TENTHS));
      for (const [node, { pid }] of devnet.nodes.entries())
        seen[node]?.[tenth]?.push(await residentBytes(pid));
      await delay(LOOK_MS, undefined, { signal });
    }
  };
  const all = Array.from({ length: clients }, (_, index) =>
    soakClient({ client, ledger, random: seeded(options.seed * 10_000 + index), untilMs, signal }),
  );
  await Promise.all([watch(), ...all]);
  const states = await drain(client, options);
  return {
    clients,
    minutes: durationMs / 60_000,
    submitted: ledger.submitted.length,
    ends: countBy(states.values()),
    lost: ledger.submitted.filter((jobId) => states.get(jobId) !== "Completed"),
    acts: ledger.acts,
    wrong: ledger.wrong,
    memory: devnet.nodes.map(({ name }, node) => ({
      node: name,
      bytes: (seen[node] ?? []).map((values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0),
    })),
  };
}

/** Every job by its state, once all are over. */
async function drain(client: Client, { signal }: SoakOptions): Promise<ReadonlyMap<string, string>> {
  const endMs = performance.now() + MAX_DRAIN_MS;
  for (;;) {
    const states = await listStates(client);
    const isDone = Array.from(states.values()).every((state) => OVER.has(state));
    if (isDone || performance.now() > endMs) return states;
    await delay(LOOK_MS, undefined, { signal });
  }
}

async function listStates(client: Client): Promise<ReadonlyMap<string, string>> {
  const states = new Map<string, string>();
  for (let nextToken: string | undefined; nextToken !== ""; ) {
    const page = await client.jobs.list({ limit: PAGE, ...(nextToken !== undefined && { nextToken }) });
    for (const { ID, State } of page.Items) states.set(ID, State?.StateType ?? "none");
    nextToken = page.NextToken ?? "";
  }
  return states;
}

function countBy(values: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** Numbers from 0 up to 1, the same for the same seed: a Weyl sequence, mixed (Steele and others, "SplitMix", 2014). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
