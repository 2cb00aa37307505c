import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Coverage } from "./coverage.ts";
import { OddsBook, UNLIKELY } from "./odds-book.ts";
import { type RunOptions, runSeeds, type SeedLoss } from "./run-seeds.ts";
import { KINDS } from "./scenario.ts";
import type { SeedReport } from "./seed-worker.ts";
import { simulate } from "./world.ts";

const HELP = `Simulates networks of requesters and compute nodes, with faults and liars, from seeds.

  pnpm sim                            200 seeds
  pnpm sim --seeds 10000 --from 5000  the seeds from 5000 to 14999
  pnpm sim --seed 42 --trace          one seed, and all that happens in it

  --workers N    threads; as many as there are cores by default
  --kinds A,B    only seeds whose scenario is of these kinds; see scenario.ts
  --hang S       seconds after which a seed that hasn't ended is given up; 120 by default
  --until-fail   ends at the first seed that fails
`;

const PROGRESS_MS = 5_000;
/** Among so many seeds, all that the simulator is for must happen. */
const ENOUGH_SEEDS = 200;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  process.stderr.write(`Cannot use --${name} ${text}: it must be a whole number\n`);
  process.exit(2);
}

async function replay(seed: number, trace: boolean): Promise<boolean> {
  const { scenario, tally, violations, events, virtualMs, ...outcome } = await simulate(seed, { trace });
  if (trace) {
    say(
      JSON.stringify({
        ...scenario,
        climate: { ...scenario.climate, slowness: [...scenario.climate.slowness] },
      }),
    );
    for (const line of outcome.trace) say(line);
  }
  say(
    `seed ${seed}, ${scenario.kind}: ${JSON.stringify(tally)}, ${events} events in ${(virtualMs / 1000).toFixed(1)} s`,
  );
  for (const { atMs, rule, text } of violations)
    say(`BROKEN at ${(atMs / 1000).toFixed(4)} s: ${rule}: ${text}`);
  return violations.length === 0;
}

interface Range extends Pick<RunOptions, "from" | "count" | "workers" | "kinds" | "hangMs"> {
  readonly untilFail: boolean;
}

async function runMany({ untilFail, ...range }: Range): Promise<boolean> {
  const odds = new OddsBook();
  const coverage = new Coverage();
  const times: number[] = [];
  const ends = { completed: 0, failed: 0, stopped: 0, judged: 0, wrong: 0 };
  let [jobs, passed, failed, saidMs] = [0, 0, 0, performance.now()];

  const take = (report: SeedReport | SeedLoss): boolean => {
    const broken = "reason" in report ? report.reason : breachOf(report);
    if (!("reason" in report)) {
      const { scenario, tally } = report.outcome;
      jobs += report.outcome.jobs;
      times.push(report.wallMs);
      for (const key of Object.keys(ends) as (keyof typeof ends)[]) ends[key] += tally[key];
      odds.add(scenario, tally);
      coverage.add(report.outcome.coverage);
    }
    if (broken === undefined) passed += 1;
    else {
      failed += 1;
      say(`seed ${report.seed} FAILED: ${broken}\n  pnpm sim --seed ${report.seed} --trace`);
    }
    if (performance.now() - saidMs > PROGRESS_MS) {
      saidMs = performance.now();
      process.stderr.write(`${passed + failed} of ${range.count} seeds, ${failed} failed\n`);
    }
    return broken === undefined || !untilFail;
  };
  await runSeeds({ ...range, ended: take });
  times.sort((a, b) => a - b);
  say(`jobs: ${ends.completed} completed, ${ends.failed} failed, ${ends.stopped} stopped`);
  say(`verdicts: ${ends.judged}, of which ${ends.wrong} accept a result that liars made`);
  say(`a seed takes ${at(times, 0.5)} ms (median), ${at(times, 0.99)} ms (99 of 100)`);
  const isUnlikely = sayOdds(odds);
  say(`happened: ${coverage.toString()}`);
  const isAll = KINDS.every((kind) => range.kinds.has(kind));
  const missing = isAll && passed >= ENOUGH_SEEDS ? coverage.missing() : [];
  if (missing.length > 0) say(`NEVER HAPPENED, so that nothing is known of it: ${missing.join(", ")}`);
  say(`${passed + failed} seeds, ${jobs} jobs, ${passed} passed, ${failed} failed`);
  return failed === 0 && !isUnlikely && missing.length === 0;
}

function breachOf({ outcome }: SeedReport): string | undefined {
  const [first] = outcome.violations;
  return first && `${first.rule}, at ${(first.atMs / 1000).toFixed(4)} s: ${first.text}`;
}

function sayOdds(book: OddsBook): boolean {
  let isUnlikely = false;
  for (const { odds, judged, wrong, bound, likelihood } of book.rows()) {
    if (judged === 0) continue;
    const broken = likelihood < UNLIKELY;
    isUnlikely ||= broken;
    const { nodes, liars, concurrency, confidence } = odds;
    const deal = `${liars} agreeing liars of ${nodes} nodes, ${confidence} of ${concurrency} must agree`;
    const share = `${wrong} of ${judged} wrong (${((100 * wrong) / judged).toFixed(1)} %)`;
    say(`odds: ${deal}: ${share}, bound ${(100 * bound).toFixed(1)} %${broken ? ": BROKEN" : ""}`);
  }
  return isUnlikely;
}

function at(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
}

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    trace: { type: "boolean", default: false },
    workers: { type: "string", default: String(availableParallelism()) },
    kinds: { type: "string", default: KINDS.join(",") },
    hang: { type: "string", default: "120" },
    "until-fail": { type: "boolean", default: false },
    help: { type: "boolean", default: false, short: "h" },
  },
});
if (values.help) say(HELP);
else {
  const passed =
    values.seed === undefined
      ? await runMany({
          from: readNumber("from", values.from),
          count: readNumber("seeds", values.seeds),
          workers: Math.max(1, readNumber("workers", values.workers)),
          kinds: new Set(values.kinds.split(",")),
          hangMs: 1000 * readNumber("hang", values.hang),
          untilFail: values["until-fail"],
        })
      : await replay(readNumber("seed", values.seed), values.trace);
  process.exitCode = passed ? 0 : 1;
}
