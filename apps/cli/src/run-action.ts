import type { Client } from "@gadus/client";
import type { Command } from "commander";
import { CliError, EXIT, exitCodeOf } from "./cli-error.ts";
import type { Action, Context } from "./context.ts";
import { paint, printableLines, processTerminal, type Terminal } from "./terminal.ts";

/** The options that every command has. */
interface CommonOptions {
  readonly api?: string;
  readonly apiKey?: string;
  readonly insecure?: boolean;
  readonly output?: "table" | "wide" | "json" | "yaml";
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
      const context = makeContext(await formatted(terminal, options.output), options, stop.signal);
      process.exitCode = (await action(context, command.args, options)) ?? EXIT.right;
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
  terminal.err(`${paint(terminal, "red", "gadus:")} ${printableLines(message)}`);
  if (hint !== undefined && !message.includes(hint)) terminal.err(`  ${printableLines(hint)}`);
  if (debug && error instanceof Error) terminal.err(printableLines(error.stack ?? ""));
  return exitCode;
}

/** What the client says to do, in the command's own words. */
const OTHER_API = "Name another with --api or GADUS_API.";
const HINTS: Readonly<Record<string, string>> = {
  "requester/unchanged": "Change the document, or add --force to run it again as a new version.",
};
const START_ONE = 'Start one with "gadus serve --requester", or name another with --api or GADUS_API.';
const TRUST_IT =
  "If it is the right one, set GADUS_API_CA to a copy of its certificate, or of who signed it; --insecure takes any.";

interface ErrorDescription {
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: number;
}

function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) return { message: String(error), hint: undefined, exitCode: EXIT.failed };
  const { code, apiCode, ...said } = error as { code?: unknown; apiCode?: string; hint?: string };
  const hint = HINTS[apiCode ?? ""] ?? said.hint;
  const where = code === "client/unexpected-answer" ? `${hint} ${OTHER_API}` : hint;
  return {
    message: error.message || error.name,
    hint: code === "client/unreachable" && hint?.startsWith("Start one") ? awayHint(error) : where,
    exitCode: exitCodeOf(error),
  };
}

function awayHint({ cause }: Error): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const { code } = (inner ?? {}) as { readonly code?: unknown };
  return /CERT|VERIFY/.test(String(code)) ? TRUST_IT : START_ONE;
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

/** `terminal` for an output format: each document of JSON becomes one of YAML, and wide tables are as wide as they are. */
async function formatted(terminal: Terminal, output: CommonOptions["output"]): Promise<Terminal> {
  if (output === "wide") return { ...terminal, columns: Number.POSITIVE_INFINITY };
  if (output !== "yaml") return terminal;
  const { stringify } = await import("yaml");
  let documents = 0;
  const out = (line: string): void => {
    const value = parsed(line);
    documents += 1;
    terminal.out(value === undefined ? line : `${documents > 1 ? "---\n" : ""}${stringify(value).trimEnd()}`);
  };
  return { ...terminal, out };
}

/** What a line is as JSON; undefined where it is none, such as a script for a shell. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function makeContext(terminal: Terminal, options: CommonOptions, signal: AbortSignal): Context {
  let api: Promise<Client> | undefined;
  return {
    terminal,
    signal,
    env: process.env,
    output: options.output === "json" || options.output === "yaml" ? "json" : "table",
    quiet: options.quiet === true,
    debug: options.debug === true,
    api: () => (api ??= openApi(options)),
    nowMs: () => Date.now(),
  };
}

async function openApi(options: CommonOptions): Promise<Client> {
  const named = options.api;
  const { createClient, DEFAULT_URL } = await import("@gadus/client");
  const address = named || process.env.GADUS_API || DEFAULT_URL;
  const url = /^[a-z]+:\/\//i.test(address) ? address : `http://${address}`;
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    const where = named ? "--api" : "GADUS_API";
    const hint = `Write it such as ${DEFAULT_URL}.`;
    throw new CliError("cli/usage", `Cannot use ${where} "${address}": not an HTTP address`, { hint });
  }
  const { openAccess } = await import("./api-access.ts");
  const base = url.replace(/\/+$/, "");
  const { token } = await openAccess(base, options, process.env);
  return createClient({ url: base, ...(token !== undefined && { token }) });
}
