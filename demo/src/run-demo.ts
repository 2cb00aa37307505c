import { join } from "node:path";
import { type Devnet, startDevnet } from "@gadus/cli/start-devnet";
import { createClient } from "@gadus/client";
import type { Flight } from "./analysis.ts";
import { checkResults } from "./check-results.ts";
import { findFaults } from "./find-faults.ts";
import { DEAL, flightDelaysJob } from "./flight-delays-job.ts";
import { readFlights, readModule } from "./flights.ts";
import { runGadus } from "./gadus.ts";
import { describeExecutions, describeTable, describeTimeline, paint, row, say } from "./print.ts";
import { timelineOf } from "./timeline.ts";

/** What the demo needs of its surroundings. */
export interface DemoOptions {
  readonly signal: AbortSignal;
  /** An empty folder, which the caller removes. */
  readonly folder: string;
}

/** Runs the demo on a devnet of its own, which it ends, and answers what went wrong, in words. */
export async function runDemo(options: DemoOptions): Promise<readonly string[]> {
  say(paint("bold", "Five nodes count 10,000 flights, and one of them lies"));
  say("");
  const startedMs = performance.now();
  const devnet = await startDevnet({ compute: DEAL.Concurrency, liars: 1, apiPort: 0 }, options.signal);
  try {
    const liars = devnet.nodes.filter((node) => node.liar).map((node) => node.name);
    const tookMs = Math.round(performance.now() - startedMs);
    row("devnet", `${devnet.nodes.length} processes ready in ${tookMs} ms; the liar is ${liars.join(", ")}`);
    return await Promise.race([runJob(devnet, options), devnet.failed]);
  } finally {
    await devnet.stop();
  }
}

async function runJob(devnet: Devnet, { signal, folder }: DemoOptions): Promise<readonly string[]> {
  const api = createClient({ url: devnet.api });
  const [flights, module] = await Promise.all([readFlights(), readModule()]);
  const flightsCid = await api.blobs.upload(flights, { signal });
  row("data set", `${flightsCid} (flights-10k.json, ${flights.length} bytes)`);
  const moduleCid = await api.blobs.upload(module, { signal });
  row("module", `${moduleCid} (flight-delays.wasm, ${module.length} bytes)`);

  const sentAtMs = Date.now();
  const { JobID } = await api.jobs.submit(flightDelaysJob(moduleCid, flightsCid), { signal });
  const deal = Object.entries(DEAL).map(([name, value]) => `${name} ${value}`);
  row("job", `${JobID} (${deal.join(", ")}, verifier deterministic)`);
  const job = await api.wait(JobID, { all: true, signal });
  const [history, results] = await Promise.all([
    api.jobs.history(JobID, { signal, limit: 1000 }),
    api.jobs.results(JobID, { signal }),
  ]);
  describeTimeline(timelineOf(history.Items, sentAtMs));
  describeExecutions(job.Executions?.Items ?? [], devnet.nodes);

  const cids = results.Items.map((item) => String(item.Params?.["CID"]));
  const faults = findFaults(job, devnet.nodes, cids);
  const [cid] = cids;
  if (cid === undefined) return faults;
  const target = join(folder, "result");
  await runGadus(["get", cid, "--api", devnet.api, "-o", target], { signal });
  row("result", `${cid} (downloaded with gadus get, every block checked)`);
  const checked = await checkResults(target, JSON.parse(flights.toString("utf8")) as readonly Flight[]);
  describeTable(checked);
  return [...faults, ...checked.faults];
}
