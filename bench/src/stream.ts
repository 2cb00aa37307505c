import { benchCommand } from "./bench-command.ts";
import { printStreamBenchmark } from "./print-benchmarks.ts";

const USAGE = `pnpm bench:stream [--quick] [--save-baseline]

  --quick           a tenth of it
  --save-baseline   keep the results as what later runs are compared with`;

await benchCommand(USAGE, printStreamBenchmark);
