import type { Command } from "commander";
import { remote } from "./declare-command.ts";
import { lazily } from "./run-action.ts";

/** Declares `job get`. */
export function declareJobGet(job: Command): void {
  remote(
    job
      .command("get")
      .description("Downloads and unpacks a job's results, checked against their CID.")
      .argument("<job>", "id, the beginning of one, or name")
      .option("-o, --output-dir <dir>", "a folder that is empty or not there yet (./<job id>)"),
    ["gadus job get j-1b4e28ba", "gadus job get my-job -o results"],
  ).action(lazily(async () => (await import("./commands/job-get.ts")).jobGet));
}
