import type { Command } from "commander";
import type { Api } from "./api.ts";
import { CliError, EXIT } from "./cli-error.ts";
import type { Action, Context } from "./context.ts";
import { paint, processTerminal, type Terminal } from "./terminal.ts";

/** The options that every command has. */
interface CommonOptions {
  readonly api?: string;
  readonly apiKey?: string;
  readonly insecure?: boolean;
  readonly output?: "table" | "json";
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

/**
 * Makes a commander action of what a command does; its module is loaded when it runs.
 *
 * Sets `process.exitCode`. The first Ctrl-C aborts the context's signal, the second ends the process at once.
 */
export function lazily<Options>(
  load: () => Promise<Action<Options>>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.opts<CommonOptions & Options>();
    const stop = new AbortController();
    const release = onInterrupt(stop);
    const terminal = processTerminal();
    try {
      const action = await load();
      process.exitCode =
        (await action(makeContext(terminal, options, stop.signal), command.args, options)) ?? EXIT.right;
    } catch (error) {
      process.exitCode = reportError(terminal, error, options.debug === true);
    } finally {
      release();
    }
  };
}

/** Writes what went wrong, in one line and a hint; answers the exit code. */
function reportError(terminal: Terminal, error: unknown, debug: boolean): number {
  const { message, hint, exitCode } = describeError(error);
  terminal.err(`${paint(terminal, "red", "gadus:")} ${message}`);
  if (hint !== undefined && !message.includes(hint)) terminal.err(`  ${hint}`);
  if (debug && error instanceof Error) terminal.err(error.stack ?? "");
  return exitCode;
}

interface ErrorDescription {
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: number;
}

const USAGE_CODES: ReadonlySet<unknown> = new Set(["node/invalid-config", "protocol/invalid-document"]);

function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) return { message: String(error), hint: undefined, exitCode: EXIT.failed };
  const { code = "", hint } = error as { code?: unknown; hint?: string };
  const message = error.message || error.name;
  if (error instanceof CliError) return { message, hint: error.hint, exitCode: error.exitCode };
  return { message, hint, exitCode: USAGE_CODES.has(code) ? EXIT.usage : EXIT.failed };
}

function onInterrupt(stop: AbortController): () => void {
  // A listener would undo what nohup did, which leaves no terminal on the input.
  const signals: NodeJS.Signals[] = [
    "SIGINT",
    "SIGTERM",
    ...(process.stdin.isTTY ? (["SIGHUP"] as const) : []),
  ];
  const listener = (): void => {
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    stop.abort(new CliError("cli/interrupted", "Interrupted"));
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

function makeContext(terminal: Terminal, options: CommonOptions, signal: AbortSignal): Context {
  let api: Promise<Api> | undefined;
  return {
    terminal,
    signal,
    env: process.env,
    output: options.output ?? "table",
    quiet: options.quiet === true,
    debug: options.debug === true,
    api: () => (api ??= openApi(options)),
    nowMs: () => Date.now(),
  };
}

async function openApi(options: CommonOptions): Promise<Api> {
  const named = options.api;
  const { DEFAULT_API, makeApi } = await import("./api.ts");
  const address = named || process.env.GADUS_API || DEFAULT_API;
  const url = /^[a-z]+:\/\//i.test(address) ? address : `http://${address}`;
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    const where = named ? "--api" : "GADUS_API";
    const hint = `Write it such as ${DEFAULT_API}.`;
    throw new CliError("cli/usage", `Cannot use ${where} "${address}": not an HTTP address`, { hint });
  }
  const { openAccess } = await import("./api-access.ts");
  const base = url.replace(/\/+$/, "");
  return makeApi(base, (await openAccess(base, options, process.env)).fetch);
}
