import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DemoError } from "./demo-error.ts";
import { paint, say } from "./print.ts";
import { runDemo } from "./run-demo.ts";

const TIMEOUT_MS = 120_000;
const EXIT_INTERRUPTED = 130;

const stop = new AbortController();
let interrupted = false;
const interrupt = (): void => {
  interrupted = true;
  stop.abort(new DemoError("demo/interrupted", "Interrupted"));
};
process.on("SIGINT", interrupt);
process.on("SIGTERM", interrupt);
const timer = setTimeout(() => {
  const seconds = TIMEOUT_MS / 1000;
  stop.abort(new DemoError("demo/timed-out", `Cannot finish the demo: it was not done within ${seconds} s`));
}, TIMEOUT_MS);

const folder = await mkdtemp(join(tmpdir(), "gadus-demo-"));
try {
  const faults = await runDemo({ signal: stop.signal, folder });
  for (const fault of faults) say(`${paint("red", "✗")} ${fault}`);
  if (faults.length === 0) say(`${paint("green", "✓")} the liar was caught, and the result is right`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} catch (error) {
  say(`${paint("red", "✗")} ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = interrupted ? EXIT_INTERRUPTED : 1;
} finally {
  clearTimeout(timer);
  await rm(folder, { recursive: true, force: true });
}
