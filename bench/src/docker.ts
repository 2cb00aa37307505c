import { benchCommand } from "./bench-command.ts";
import { printDockerBenchmark } from "./print-benchmarks.ts";

const USAGE = `pnpm bench:docker [--quick] [--save-baseline]

  --quick           a fifth of it
  --save-baseline   keep the results as what later runs are compared with

It needs a Docker Engine, its command docker, and Debian's busybox-static.`;

await benchCommand(USAGE, printDockerBenchmark);
