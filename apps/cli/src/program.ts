import { Command, CommanderError, Help } from "commander";
import { EXIT } from "./cli-error.ts";
import { declareAuth } from "./declare-auth.ts";
import { declareConfig } from "./declare-config.ts";
import { declareDocker } from "./declare-docker.ts";
import { declareJob } from "./declare-job.ts";
import { declareNode } from "./declare-node.ts";
import { declareServe } from "./declare-serve.ts";
import { declareSwarm } from "./declare-swarm.ts";
import { declareWasm } from "./declare-wasm.ts";

const DESCRIPTION = `Machines that bid for jobs, run them, prove that they ran them right, and publish the results by
content address.`;

const AFTER = `
Environment:
  GADUS_API      address of the API, where --api doesn't say (http://127.0.0.1:1234)
  GADUS_API_KEY  who asks, where --api-key doesn't say (what auth login kept)
  GADUS_API_CA   a file with the certificate of the API, or of who signed it, in PEM
  NO_COLOR       no colours

Exit codes: 0 right, 1 job failed, 2 usage, 3 API away or overloaded, 4 not found, 130 interrupted,
  125 nothing that wasm run --local could run to its end

Try:
  $ gadus devnet --compute 3
  $ gadus docker run busybox -- echo hello
  $ gadus wasm run hello.wasm`;

/** Runs the command with `args`, those after its name; settles with the exit code. */
export async function runGadus(args: readonly string[]): Promise<number> {
  endQuietlyOnClosedPipe();
  try {
    await makeProgram().parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.right : EXIT.usage;
  }
  return Number(process.exitCode ?? EXIT.right);
}

/** All commands, with their options and help; what they do is loaded when it is asked for. */
export function makeProgram(): Command {
  const program = new Command("gadus")
    .description(DESCRIPTION)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError })
    .configureHelp({ helpWidth: helpWidth(), showGlobalOptions: false })
    .addHelpText("after", AFTER);
  declareServe(program);
  declareJob(program);
  declareDocker(program);
  declareWasm(program);
  declareNode(program);
  declareAuth(program);
  declareConfig(program);
  declareSwarm(program);
  return program;
}

/** Usage errors as all others, with the help that says more. */
function outputError(text: string, write: (text: string) => void): void {
  const [first = "", ...more] = text
    .trimEnd()
    .replace(/^error: /, "Cannot go on: ")
    .split("\n");
  const lines = [first, ...more.map((line) => `  ${line.replace(/^\((.*)\)$/, "$1")}`)];
  write(`gadus: ${lines.join("\n")}\n  More: add --help\n`);
}

function helpWidth(): number {
  const columns = process.stdout.columns ?? new Help().helpWidth ?? 100;
  return Math.min(columns, 100);
}

function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.off("error", onPipeError).on("error", onPipeError);
}

function onPipeError(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.right);
}
