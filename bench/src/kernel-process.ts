// Runs the module at a path as a command, without any engine of ours, and prints the CPU that it took as JSON:
// `node [flags] kernel-process.js MODULE [ARGUMENT]`.
import { readFileSync } from "node:fs";
import { runBare } from "./run-bare.ts";

/** What is printed. */
export interface KernelRun {
  /** Compiling included, Node's own start not. */
  readonly cpuMs: number;
  readonly output: string;
}

const [path = "", ...args] = process.argv.slice(2);
const bytes = readFileSync(path);
const before = process.cpuUsage();
const output = runBare(bytes, args);
const { user, system } = process.cpuUsage(before);
const run: KernelRun = { cpuMs: (user + system) / 1000, output };
process.stdout.write(JSON.stringify(run));
