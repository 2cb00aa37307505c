import { parseArgs } from "node:util";
import { startDevnet } from "@gadus/cli/start-devnet";
import { runCommand } from "./run-command.ts";
import { runSoak } from "./run-soak.ts";
import { grownNodes, renderSoak } from "./soak-report.ts";

const USAGE = `pnpm bench:soak [--clients N] [--minutes N] [--seed N]

  --clients N   clients at one time (200)
  --minutes N   how long they go on (10)
  --seed N      of what they choose to do (1)`;
const COMPUTE_NODES = 3;
const TIMEOUT_MS = 7_200_000;

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "200" },
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});

await runCommand(TIMEOUT_MS, async (signal) => {
  if (values.help) {
    console.log(USAGE);
    return true;
  }
  const devnet = await startDevnet({ compute: COMPUTE_NODES, liars: 0, apiPort: 0 }, signal);
  try {
    const options = {
      clients: Number(values.clients),
      durationMs: Number(values.minutes) * 60_000,
      seed: Number(values.seed),
      signal,
    };
    const report = await Promise.race([runSoak(devnet, options), devnet.failed]);
    console.log(renderSoak(report).join("\n"));
    const grown = grownNodes(report.memory);
    for (const { node } of grown) console.error(`Cannot call the memory of ${node} flat: it has grown`);
    return report.lost.length + report.wrong.length + grown.length === 0;
  } finally {
    await devnet.stop();
  }
});
