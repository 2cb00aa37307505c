import type { Command } from "commander";
import { ofJob, ofVersion, remote, wholeNumber } from "./declare-command.ts";
import { lazily } from "./run-action.ts";

/** Declares `job get`. */
export function declareJobGet(job: Command): void {
  const get = ofJob(
    job
      .command("get")
      .summary("download a job's results")
      .description(
        "Downloads and unpacks a job's results, checked against their CID. Of a job with several partitions each result is in a folder partition-N. What was interrupted goes on where it was when the same is run again.",
      ),
  )
    .option("-o, --output-dir <dir>", "a folder that is empty or not there yet (./<job id>)")
    .option(
      "--path <path>",
      "only this file or folder of the results; partition-N/ before it names a partition",
    )
    .option("--partition <n>", "only the results of this partition", wholeNumber(0, 1_000_000))
    .option(
      "--merge",
      "one folder for all partitions: equal files become one, what differs is kept as NAME.partition-N",
    );
  remote(ofVersion(get), [
    "gadus job get j-1b4e28ba",
    "gadus job get my-job -o results --merge",
    "gadus job get my-job -o results --path outputs/table.csv --partition 3",
  ]).action(lazily(async () => (await import("./commands/job-get.ts")).jobGet));
}
