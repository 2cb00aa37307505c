import type { Command } from "commander";
import { collect, common, remote, wholeNumber } from "./declare-command.ts";
import { submitting } from "./declare-job.ts";
import { taskDeal, taskInputs, taskResources } from "./declare-task.ts";
import { lazily } from "./run-action.ts";

const fuel = wholeNumber(1, Number.MAX_SAFE_INTEGER);

/** Declares the verbs of `wasm`. */
export function declareWasm(program: Command): void {
  const wasm = program
    .command("wasm")
    .summary("run WebAssembly modules")
    .description("Runs WebAssembly modules.");
  const run = wasm
    .command("run")
    .summary("run a WebAssembly module and wait for it")
    .description(
      "Runs a WASI preview 1 module on the network, and waits until the job has ended; with --local here, as a node would, and ends with its exit code, or with 125 where it has none.",
    )
    .argument("<module>", "a .wasm file, or the CID of one; - reads standard input")
    .argument("[args...]", "the module's own arguments, after --");
  taskInputs(run, "module")
    .option("--entry <function>", "exported function to call", "_start")
    .option("--import </path>", "path of an input that the module imports from; repeatable", collect)
    .option("--seed <hex>", "seed of the module's randomness, 64 hex digits; zeros by default")
    .option("--epoch <time>", "when the module's clock starts; 2000-01-01T00:00:00Z by default");
  taskResources(run, "module").option("--fuel <n>", "instructions, nearly, that it may run", fuel);
  taskDeal(run)
    .option("--local", "run here, without a network")
    .option(
      "--dir <host:guest>",
      "a copy of a folder here, open to the module by that name; repeatable",
      collect,
    )
    .option("--job-id <id>", "set the variables that a node sets for that job")
    .option(
      "--no-rewrite",
      "run the module as it is, uncounted and with any NaN: for comparing, no node does so",
    );
  remote(submitting(run), [
    "gadus wasm run hello.wasm",
    "gadus wasm run count.wasm -i words.txt:/in/words.txt -o counts:/out -- /in/words.txt",
    "gadus wasm run ipfs://bafy… -i ipfs://bafy…:/data --concurrency 5 --confidence 3",
    "gadus wasm run hello.wasm --dry-run > job.json",
    "gadus wasm run --local hello.wasm --dir data:/data -- /data/words.txt",
  ]).action(lazily(async () => (await import("./commands/wasm-run.ts")).wasmRun));
  const validate = wasm
    .command("validate")
    .summary("say whether nodes would run a WebAssembly module")
    .description(
      "Says whether nodes would run a module, what it imports, and what it is rewritten to. Ends with 1 where they wouldn't.",
    )
    .argument("<module>", "a .wasm file; - reads standard input")
    .option("--memory <size>", "what the job asks for, such as 512Mb or 2Gi", "512Mi")
    .option(
      "--import <file:/path>",
      "a module that it imports from, and where the job has it (/FILE by default); repeatable",
      collect,
    );
  common(validate, [
    "gadus wasm validate hello.wasm",
    "gadus wasm validate hello.wasm --memory 64Mi --output json",
    "gadus wasm validate main.wasm --import math.wasm:/lib/math.wasm",
  ]).action(lazily(async () => (await import("./commands/wasm-validate.ts")).wasmValidate));
}
