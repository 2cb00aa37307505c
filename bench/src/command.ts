import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { startDevnet } from "@gadus/cli/start-devnet";
import { renderTable } from "@gadus/cli/table";
import { runCommand } from "./run-command.ts";
import { percentile } from "./statistics.ts";

const USAGE = `pnpm bench:command [--runs N]

  --runs N   how often each command is run (20)

How long the command takes from its start to its end: the least, the median, and the processor's time for each run,
which says the same on a machine with other work. A trivial module runs on a network of one compute node.`;

const GADUS = fileURLToPath(new URL("../../bin/gadus", import.meta.url));
const HELLO = fileURLToPath(new URL("../../apps/cli/e2e/modules/hello.wasm", import.meta.url));
const TIMEOUT_MS = 300_000;
/** Runs before those that count. */
const WARM_UP = 2;
/** The system counts processors' time in these (sysconf _SC_CLK_TCK). */
const TICK_MS = 10;

/** What is run, and how long it may take. */
const COMMANDS: readonly { readonly args: readonly string[]; readonly goalMs: number }[] = [
  { args: ["--help"], goalMs: 150 },
  { args: ["version"], goalMs: 150 },
  { args: ["wasm", "run", HELLO], goalMs: 400 },
];

interface Figures {
  readonly bestMs: number;
  readonly medianMs: number;
  /** User and system, of one run. */
  readonly processorMs: number;
}

async function measure(args: readonly string[], runs: number, api: string): Promise<Figures> {
  const env = { ...process.env, GADUS_API: api, GADUS_API_KEY: "" };
  const run = async (): Promise<number> => {
    const startedMs = performance.now();
    await promisify(execFile)(GADUS, args, { env });
    return performance.now() - startedMs;
  };
  for (let index = 0; index < WARM_UP; index += 1) await run();
  const before = await childrenMs();
  const tookMs: number[] = [];
  for (let index = 0; index < runs; index += 1) tookMs.push(await run());
  const processorMs = ((await childrenMs()) - before) / runs;
  return { bestMs: Math.min(...tookMs), medianMs: percentile(tookMs, 0.5), processorMs };
}

/** The processor's time of all children that have ended (proc(5): cutime and cstime); NaN where the system has no /proc. */
async function childrenMs(): Promise<number> {
  const text = await readFile("/proc/self/stat", "utf8").catch(() => "");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13] ?? Number.NaN) + Number(fields[14] ?? Number.NaN)) * TICK_MS;
}

const { values } = parseArgs({
  options: { runs: { type: "string", default: "20" }, help: { type: "boolean" } },
});
await runCommand(TIMEOUT_MS, async (signal) => {
  if (values.help === true) {
    console.log(USAGE);
    return true;
  }
  const runs = Math.max(1, Number.parseInt(values.runs, 10) || 1);
  const net = await startDevnet({ compute: 1, liars: 0, apiPort: 0 }, signal);
  try {
    const rows: string[][] = [];
    let isMet = true;
    for (const { args, goalMs } of COMMANDS) {
      const { bestMs, medianMs, processorMs } = await measure(args, runs, net.api);
      isMet &&= bestMs <= goalMs;
      const name = args.map((arg) => (arg === HELLO ? "hello.wasm" : arg)).join(" ");
      const figures = [bestMs, medianMs, processorMs].map((ms) => `${ms.toFixed(0)} ms`);
      rows.push([`gadus ${name}`, ...figures, `${goalMs} ms`]);
    }
    const titles = ["COMMAND", "BEST", "MEDIAN", "PROCESSOR", "GOAL"];
    const columns = titles.map((title) => ({ title }));
    for (const line of renderTable(columns, rows, Number.POSITIVE_INFINITY)) console.log(line);
    return isMet;
  } finally {
    await net.stop();
  }
});
