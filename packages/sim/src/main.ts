import { simulate } from "./world.ts";
const from = Number(process.argv[2] ?? 0), count = Number(process.argv[3] ?? 1), trace = process.argv[4] === "--trace";
for (let seed = from; seed < from + count; seed += 1) {
  const t = performance.now();
  const outcome = await simulate(seed, { trace });
  if (trace) console.log(outcome.trace.join("\n"));
  console.log(seed, outcome.scenario.kind, JSON.stringify(outcome.tally), outcome.events, Math.round(outcome.virtualMs), (performance.now() - t).toFixed(0), JSON.stringify(outcome.violations.slice(0, 3)));
}
