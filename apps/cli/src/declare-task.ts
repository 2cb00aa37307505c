import type { Command } from "commander";
import { collect, keyValue, seconds, wholeNumber } from "./declare-command.ts";

const concurrency = wholeNumber(1, 100);
const many = wholeNumber(1, 1_000);

/** Gives `command` the options for what a task, called `what`, is given and what is kept of it. */
export function taskInputs(command: Command, what: string): Command {
  return command
    .option(
      "-i, --input <source:/path>",
      `what the ${what} finds at /path: a file here, - for standard input, a CID, ipfs://CID, or local:///folder of the nodes; repeatable`,
      collect,
    )
    .option("-o, --result-path <name:/path>", "a path whose files are results; repeatable", collect)
    .option("-e, --env <k=v>", "environment variable; repeatable", keyValue);
}

/** Gives `command` the options for what a task, called `what`, may take of a machine. */
export function taskResources(command: Command, what: string): Command {
  return command
    .option("--cpu <cores>", "such as 500m or 2")
    .option("--memory <size>", "such as 512Mb or 2Gi")
    .option("--disk <size>", `what the ${what} may write, such as 64Mb`);
}

/** Gives `command` the options for the job around a task: where it runs, how often, and what becomes of results. */
export function taskDeal(command: Command): Command {
  return command
    .option("--timeout <time>", "how long an execution may take, such as 90s or 5m", seconds)
    .option("--concurrency <n>", "nodes that run each partition", concurrency)
    .option("--confidence <n>", "equal results that make a verdict", concurrency)
    .option("--min-bids <n>", "bids to have before any is accepted", many)
    .option("--verifier <type>", "deterministic or none")
    .option("--publisher <type>", "ipfs or local")
    .option("--count <n>", "partitions", many)
    .option("--name <name>", "the job's name")
    .option("--label <k=v>", "label of the job; repeatable", keyValue)
    .option("--dry-run", "print the job document, and submit nothing");
}
