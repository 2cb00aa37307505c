import { type Command, Option } from "commander";
import { common, remote, remoteTable, wholeNumber } from "./declare-command.ts";
import { lazily } from "./run-action.ts";

/** Declares the verbs of `job`. */
export function declareJob(program: Command): void {
  const job = program
    .command("job")
    .summary("submit jobs, look at them, fetch what they found")
    .description("Submits jobs, looks at them, and fetches what they found.");
  declareRun(job);
  declareValidate(job);
  const list = job
    .command("list")
    .description("Lists jobs, newest first.")
    .option("--limit <n>", "at most this many", wholeNumber(1, 1000), 20)
    .option("--next-token <token>", "go on after an earlier page");
  remoteTable(list, ["gadus job list", "gadus job list --limit 100 --output json"]).action(
    lazily(async () => (await import("./commands/job-list.ts")).jobList),
  );
  remoteTable(
    job
      .command("describe")
      .description("Shows a job and its executions.")
      .argument("<job>", "id, the beginning of one, or name"),
    ["gadus job describe j-1b4e28ba"],
  ).action(lazily(async () => (await import("./commands/job-describe.ts")).jobDescribe));
  remoteTable(
    job
      .command("executions")
      .description("Lists a job's executions.")
      .argument("<job>", "id, the beginning of one, or name"),
    ["gadus job executions j-1b4e28ba"],
  ).action(lazily(async () => (await import("./commands/job-executions.ts")).jobExecutions));
  remoteTable(
    job
      .command("history")
      .description("Lists what happened to a job.")
      .argument("<job>", "id, the beginning of one, or name"),
    ["gadus job history j-1b4e28ba"],
  ).action(lazily(async () => (await import("./commands/job-history.ts")).jobHistory));
  remote(
    job
      .command("logs")
      .description("Prints what a job's executions printed, each stream to its own.")
      .argument("<job>", "id, the beginning of one, or name")
      .option("-f, --follow", "go on as they print, until the job has ended")
      .option("--execution <id>", "of this execution alone: its id, or the beginning of it")
      .option("--tail <n>", "of what was printed so far, the last lines of each", wholeNumber(0, 100_000)),
    [
      "gadus job logs j-1b4e28ba",
      "gadus job logs j-1b4e28ba --follow --tail 10",
      "gadus job logs j-1b4e28ba --execution e-5f0c --output json",
    ],
  ).action(lazily(async () => (await import("./commands/job-logs.ts")).jobLogs));
  remote(
    job
      .command("stop")
      .description("Ends a job: each of its live executions is cancelled.")
      .argument("<job>", "id, the beginning of one, or name")
      .option("--reason <text>", "kept with the job", "stopped with gadus job stop"),
    ["gadus job stop j-1b4e28ba --reason 'wrong input'"],
  ).action(lazily(async () => (await import("./commands/job-stop.ts")).jobStop));
  remote(
    job
      .command("get")
      .description("Downloads and unpacks a job's results, checked against their CID.")
      .argument("<job>", "id, the beginning of one, or name")
      .option("-o, --output-dir <dir>", "a folder that is empty or not there yet (./<job id>)"),
    ["gadus job get j-1b4e28ba", "gadus job get my-job -o results"],
  ).action(lazily(async () => (await import("./commands/job-get.ts")).jobGet));
}

function declareRun(job: Command): void {
  const run = job
    .command("run")
    .summary("submit a job and wait for it")
    .description("Submits a job document, in YAML or JSON, and waits until the job has ended.")
    .argument("<file>", "the document; - reads standard input");
  remote(waiting(run), [
    "gadus job run job.yaml",
    "cat job.json | gadus job run - --detach",
    "gadus job run job.yaml --get results",
    "gadus job run job.yaml --follow",
  ]).action(lazily(async () => (await import("./commands/run.ts")).run));
}

function declareValidate(job: Command): void {
  const validate = job
    .command("validate")
    .summary("say what is wrong with a job document")
    .description("Says what is wrong with a job document, and what would be ignored; sends nothing.")
    .argument("<file>", "the document; - reads standard input");
  common(validate, [
    "gadus job validate job.yaml",
    "gadus wasm run a.wasm --dry-run | gadus job validate -",
  ]).action(lazily(async () => (await import("./commands/job-validate.ts")).jobValidate));
}

/** Gives `command` the options of those that submit a job and wait for it. */
export function waiting(command: Command): Command {
  return command
    .addOption(new Option("-d, --detach", "don't wait").conflicts(["waitAll", "get", "follow"]))
    .option("-f, --follow", "print what the job prints, until it has ended")
    .option("--wait-all", "wait until every execution has ended, not only the job")
    .option("--get <dir>", "download the results into this folder");
}
