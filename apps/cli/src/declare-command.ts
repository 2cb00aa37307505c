import { type Command, InvalidArgumentError, Option } from "commander";

/** The forms of the output: `wide` is a table in which nothing is cut off. */
const FORMATS = ["table", "wide", "json", "yaml"];

/** Gives `command` the options that every command has, and its examples. */
export function common(command: Command, examples: readonly string[]): Command {
  return withExamples(
    command
      .addOption(new Option("--output <format>", "form of the output").choices(FORMATS).default("table"))
      .option("-q, --quiet", "print ids only")
      .option("--debug", "show where errors come from"),
    examples,
  );
}

/** Has the help of `command` end with examples. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText(
    "after",
    `\nExamples:\n${examples.map((example) => `  $ ${example}`).join("\n")}`,
  );
}

/** Gives `command` the options of those that speak to an API. */
export function remote(command: Command, examples: readonly string[]): Command {
  return common(withApi(command), examples);
}

/** Gives `command` the options that say which API to ask, and as whom. */
function withApi(command: Command): Command {
  return command
    .option("--api <url>", "address of the API (GADUS_API, or http://127.0.0.1:1234)")
    .option("--api-key <key>", "who asks; - reads standard input (GADUS_API_KEY, or what auth login kept)")
    .option(
      "--insecure",
      "take any certificate for the API's (GADUS_API_CA names a file with the right one)",
    );
}

/** Gives `command` its argument: a job. */
export function ofJob(command: Command): Command {
  return command.argument("<job>", "id, the beginning of one, or name");
}

/** Gives `command` the option that says which version of a job. */
export function ofVersion(command: Command): Command {
  return command.option(
    "--job-version <n>",
    "of this version of the job (the latest)",
    wholeNumber(1, 1_000_000_000),
  );
}

/** Reads an option that is a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Write a whole number from ${min} to ${max}.`);
  };
}

/** Reads an option that may be given often. */
export function collect(text: string, given: readonly string[] = []): readonly string[] {
  return [...given, text];
}

const SECONDS_BY_UNIT: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, min: 60, h: 3600, d: 86_400 };
const MAX_SECONDS = 31_536_000;

/** Reads a span such as `90`, `90s`, `5m`, `2h` or `30d`; answers seconds. */
export function seconds(text: string): number {
  const match = /^(\d+)(s|m|min|h|d)?$/.exec(text);
  const value = Number(match?.[1]) * (SECONDS_BY_UNIT[match?.[2] ?? ""] ?? Number.NaN);
  if (value >= 1 && value <= MAX_SECONDS) return value;
  throw new InvalidArgumentError("Write a time such as 90s, 5m, 2h or 30d.");
}

/** Reads a time such as `5m`, which is so long ago, or a date in ISO 8601; answers what it is where it is `nowMs` now. */
export function moment(text: string): (nowMs: number) => number {
  const atMs = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(atMs)) return () => atMs;
  if (!/^\d+(s|m|min|h|d)$/.test(text))
    throw new InvalidArgumentError(
      "Write a time ago such as 90s, 5m or 2h, or a date such as 2026-01-31T12:00:00Z.",
    );
  const ageMs = seconds(text) * 1000;
  return (nowMs) => nowMs - ageMs;
}

/** Reads an option `K=V`, given often, into one object. */
export function keyValue(
  text: string,
  given: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write KEY=VALUE.");
  return { ...given, [text.slice(0, at)]: text.slice(at + 1) };
}
