import type { Client } from "@gadus/client";
import type { Terminal } from "./terminal.ts";

/** What a command works with. */
export interface Context {
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** `json`: one JSON document on the output, nothing else; `--output yaml` makes YAML of it. */
  readonly output: "table" | "json";
  /** Ids only. */
  readonly quiet: boolean;
  /** Whether errors show where they come from. */
  readonly debug: boolean;
  /** The API that `--api` or `GADUS_API` names; loaded when it is first used. */
  readonly api: () => Promise<Client>;
  readonly nowMs: () => number;
}

/** What a command does; settles with its exit code, 0 where it gives none. */
export type Action<Options> = (
  context: Context,
  args: readonly string[],
  options: Options,
) => Promise<number | undefined>;
