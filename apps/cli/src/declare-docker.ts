import { type Command, Option } from "commander";
import { collect, remote } from "./declare-command.ts";
import { submitting } from "./declare-job.ts";
import { taskDeal, taskInputs, taskResources } from "./declare-task.ts";
import { lazily } from "./run-action.ts";

/** Declares the verbs of `docker`. */
export function declareDocker(program: Command): void {
  const docker = program
    .command("docker")
    .summary("run containers")
    .description("Runs containers of Docker images.");
  const run = docker
    .command("run")
    .summary("run a container and wait for it")
    .description(
      "Runs a container of an image on the network, and waits until the job has ended. Options stand before the --, the container's command after it.",
    )
    .argument(
      "<image>",
      "name:tag, name@sha256:…, an image's id, ipfs://CID of what docker save writes, or such a .tar file here",
    )
    .argument("[command...]", "what the container runs instead of the image's own command, after --");
  taskInputs(run, "container")
    .option("-w, --workdir <dir>", "folder that the command begins in; the image's own by default")
    .option("--user <user[:group]>", "who runs the command; the image's own by default")
    .option(
      "--entrypoint <word>",
      "what is run instead of the image's entry point; repeatable, a word each",
      collect,
    )
    .option("--writable-root", "let it write anywhere, where nodes allow that");
  taskResources(run, "container")
    .addOption(
      new Option("--network <type>", "what it may reach: nothing, some domains, or all").choices([
        "none",
        "http",
        "full",
      ]),
    )
    .option(
      "--domain <name>",
      "domain that it may reach by HTTP; repeatable, implies --network http",
      collect,
    );
  remote(submitting(taskDeal(run)), [
    "gadus docker run busybox:1.36 -- echo hello",
    "gadus docker run -i bafy…:/file.txt -o apples:/output_folder busybox -- sh -c 'cat /file.txt > /output_folder/file.txt'",
    "gadus docker run --concurrency 3 --confidence 2 --get results python:3.13@sha256:… -- python -c 'print(6 * 7)'",
    "gadus docker run --domain example.org --verifier none curlimages/curl:8.10.1 -- https://example.org",
    "docker save app:1 > app.tar && gadus docker run app.tar",
    "gadus docker run busybox --dry-run -- true > job.json",
  ]).action(lazily(async () => (await import("./commands/docker-run.ts")).dockerRun));
}
