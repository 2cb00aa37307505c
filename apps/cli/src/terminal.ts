import { styleText } from "node:util";

/** Where the command writes: what it found to `out`, what it does meanwhile to `err`. */
export interface Terminal {
  /** Writes a line of output. */
  out(line: string): void;
  /** Writes a line for people. */
  err(line: string): void;
  /** Writes to where `err` does, as it is: no line end. */
  raw(text: string): void;
  /** Writes what a program printed, as it is. */
  bytes(to: "out" | "err", bytes: Uint8Array): void;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  /** Characters that fit a line of `out`; Infinity where it is not a terminal. */
  readonly columns: number;
  /** The same of `err`. */
  readonly errColumns: number;
  readonly colour: boolean;
}

export type Colour = "bold" | "dim" | "green" | "red" | "yellow";

/** The terminal of this process. Colour only on a terminal, and never where `NO_COLOR` is set. */
export function processTerminal(env: NodeJS.ProcessEnv = process.env): Terminal {
  const outIsTty = process.stdout.isTTY === true;
  const errIsTty = process.stderr.isTTY === true;
  return {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    raw: (text) => process.stderr.write(text),
    bytes: (to, bytes) => (to === "out" ? process.stdout : process.stderr).write(bytes),
    outIsTty,
    errIsTty,
    get columns() {
      return outIsTty ? (process.stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
    },
    get errColumns() {
      return errIsTty ? (process.stderr.columns ?? 80) : Number.POSITIVE_INFINITY;
    },
    colour: outIsTty && errIsTty && !env.NO_COLOR && env.TERM !== "dumb",
  };
}

/** `text` in `colour`, where the terminal shows it. */
export function paint(terminal: Pick<Terminal, "colour">, colour: Colour, text: string): string {
  return terminal.colour ? styleText(colour, text, { validateStream: false }) : text;
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** `text` without control characters: what others wrote must not move the cursor. */
export function printable(text: string): string {
  return text.replaceAll(CONTROL, " ");
}

/** The same of text that may have several lines. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}
