import { type Command, Option } from "commander";
import { collect, common, moment, ofJob, ofVersion, remote, wholeNumber } from "./declare-command.ts";
import { declareJobGet } from "./declare-job-get.ts";
import { lazily } from "./run-action.ts";

const LABELS =
  "only those with such labels: k=v, k!=v, 'k in (a,b)', 'k notin (a,b)', k or '!k', joined by commas; repeatable";

/** Declares the verbs of `job`. */
export function declareJob(program: Command): void {
  const job = program
    .command("job")
    .summary("submit jobs, look at them, fetch what they found")
    .description("Submits jobs, looks at them, and fetches what they found.");
  declareRun(job);
  declareRerun(job);
  declareDocuments(job);
  declareLists(job);
  declareHistory(job);
  declareLogs(job);
  remote(
    ofJob(
      job
        .command("stop")
        .summary("end a job")
        .description("Ends a job: each of its live executions is cancelled."),
    ).option("--reason <text>", "kept with the job", "stopped with gadus job stop"),
    ["gadus job stop j-1b4e28ba --reason 'wrong input'"],
  ).action(lazily(async () => (await import("./commands/job-stop.ts")).jobStop));
  declareJobGet(job);
}

function declareRun(job: Command): void {
  const run = job
    .command("run")
    .summary("submit a job and wait for it")
    .description(
      "Submits a job document, in YAML or JSON, and waits until the job has ended. Where a job of its name is there, this is that job's next version.",
    )
    .argument("<file>", "the document; - reads standard input");
  remote(submitting(run), [
    "gadus job run job.yaml",
    "cat job.json | gadus job run - --detach",
    "gadus job run job.yaml --get results",
    "gadus job run job.yaml --follow",
  ]).action(lazily(async () => (await import("./commands/run.ts")).run));
}

function declareRerun(job: Command): void {
  const rerun = ofJob(
    job
      .command("rerun")
      .summary("run a job again")
      .description("Runs a job once more, as its next version, and waits until that has ended."),
  );
  remote(waiting(ofVersion(rerun).option("--reason <text>", "kept with the job")), [
    "gadus job rerun j-1b4e28ba",
    "gadus job rerun my-job --job-version 2 --get results",
  ]).action(lazily(async () => (await import("./commands/job-rerun.ts")).jobRerun));
}

function declareDocuments(job: Command): void {
  const validate = job
    .command("validate")
    .summary("say what is wrong with a job document")
    .description("Says what is wrong with a job document, and what would be ignored; sends nothing.")
    .argument("<file>", "the document; - reads standard input");
  common(validate, [
    "gadus job validate job.yaml",
    "gadus wasm run a.wasm --dry-run | gadus job validate -",
  ]).action(lazily(async () => (await import("./commands/job-validate.ts")).jobValidate));
  const diff = job
    .command("diff")
    .summary("say what a document would change")
    .description("Prints what submitting a document would change of the job of its name; submits nothing.")
    .argument("<file>", "the document; - reads standard input");
  remote(diff, ["gadus job diff job.yaml", "cat job.json | gadus job diff -"]).action(
    lazily(async () => (await import("./commands/job-diff.ts")).jobDiff),
  );
}

function declareLists(job: Command): void {
  const list = job
    .command("list")
    .summary("list jobs")
    .description("Lists jobs, newest first.")
    .option("--limit <n>", "at most this many", wholeNumber(1, 1000), 20)
    .option("--next-token <token>", "go on after an earlier page")
    .option("--labels <selector>", LABELS, collect)
    .option("--namespace <name>", "of this namespace (all)")
    .addOption(new Option("--order-by <time>", "by which time (created)").choices(["created", "modified"]))
    .option("--reverse", "oldest first");
  remote(list, [
    "gadus job list",
    "gadus job list --labels 'team=a,stage in (test,live)'",
    "gadus job list --limit 100 --output json",
  ]).action(lazily(async () => (await import("./commands/job-list.ts")).jobList));
  remote(
    ofVersion(
      ofJob(
        job
          .command("describe")
          .summary("show a job and its executions")
          .description("Shows a job and its executions."),
      ),
    ),
    ["gadus job describe j-1b4e28ba", "gadus job describe my-job --job-version 1"],
  ).action(lazily(async () => (await import("./commands/job-describe.ts")).jobDescribe));
  remote(
    ofVersion(
      ofJob(
        job.command("executions").summary("list a job's executions").description("Lists a job's executions."),
      ),
    ),
    ["gadus job executions j-1b4e28ba"],
  ).action(lazily(async () => (await import("./commands/job-executions.ts")).jobExecutions));
  remote(
    ofJob(
      job
        .command("versions")
        .summary("list a job's versions")
        .description("Lists the versions of a job that are kept."),
    ),
    ["gadus job versions my-job"],
  ).action(lazily(async () => (await import("./commands/job-versions.ts")).jobVersions));
  const placement = job
    .command("placement")
    .summary("say why nodes do or don't run a job")
    .description("Lists every node considered for a job, with its bid, and why it does or doesn't run it.");
  remote(ofVersion(ofJob(placement)), ["gadus job placement j-1b4e28ba"]).action(
    lazily(async () => (await import("./commands/job-placement.ts")).jobPlacement),
  );
}

function declareHistory(job: Command): void {
  const history = ofJob(
    job
      .command("history")
      .summary("list what happened to a job")
      .description("Lists what happened to a job."),
  )
    .addOption(
      new Option("--event-type <type>", "what it happened to (all)").choices(["all", "job", "execution"]),
    )
    .option("--execution <id>", "to this execution alone: its whole id")
    .addOption(new Option("--all-versions", "former versions of the job too").conflicts("jobVersion"))
    .option("--since <time>", "not before: 5m (so long ago), or 2026-01-31T12:00:00Z", moment);
  remote(ofVersion(history), [
    "gadus job history j-1b4e28ba",
    "gadus job history my-job --all-versions --event-type job",
    "gadus job history my-job --since 10m",
  ]).action(lazily(async () => (await import("./commands/job-history.ts")).jobHistory));
}

function declareLogs(job: Command): void {
  const logs = ofJob(
    job
      .command("logs")
      .summary("print what a job printed")
      .description("Prints what a job's executions printed, each stream to its own."),
  )
    .option("-f, --follow", "go on as they print, until the job has ended")
    .option("--execution <id>", "of this execution alone: its id, or the beginning of it")
    .option("--tail <n>", "of what was printed so far, the last lines of each", wholeNumber(0, 100_000));
  remote(logs, [
    "gadus job logs j-1b4e28ba",
    "gadus job logs j-1b4e28ba --follow --tail 10",
    "gadus job logs j-1b4e28ba --execution e-5f0c --output json",
  ]).action(lazily(async () => (await import("./commands/job-logs.ts")).jobLogs));
}

/** Gives `command` the options of those that submit a document and wait for the job. */
export function submitting(command: Command): Command {
  return waiting(command).option("--force", "run it also where it is there by that name, and unchanged");
}

function waiting(command: Command): Command {
  return command
    .addOption(new Option("-d, --detach", "don't wait").conflicts(["waitAll", "get", "follow"]))
    .option("-f, --follow", "print what the job prints, until it has ended")
    .option("--wait-all", "wait until every execution has ended, not only the job")
    .option("--get <dir>", "download the results into this folder");
}
