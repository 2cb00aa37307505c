import type { LogEntry } from "@gadus/requester";
import { describe, expect, test } from "vitest";
import { createLogLines } from "./log-lines.ts";

const output = (text: string | Uint8Array, stream: "stdout" | "stderr" = "stdout", id = "e-1"): LogEntry => ({
  kind: "output",
  executionId: id,
  nodeId: "n",
  stream,
  bytes: typeof text === "string" ? new TextEncoder().encode(text) : text,
});
const END: LogEntry = { kind: "end", executionId: "e-1", nodeId: "n" };

function framesOf(entries: readonly LogEntry[], origin = false): unknown[] {
  const lines = createLogLines(origin);
  return entries.flatMap((entry) => [...lines.of(entry)].map((frame) => JSON.parse(frame) as unknown));
}

describe("createLogLines()", () => {
  test("makes a frame of each line, with its newline, whatever pieces it comes in", () => {
    const euro = new TextEncoder().encode("€\n");
    const entries = [output("a"), output("err\n", "stderr"), output("b\n"), output(euro.slice(0, 1))];
    expect(framesOf([...entries, output("other\n", "stdout", "e-2"), output(euro.slice(1)), END])).toEqual([
      { value: { Type: 2, Line: "err\n" } },
      { value: { Type: 1, Line: "ab\n" } },
      { value: { Type: 1, Line: "other\n" } },
      { value: { Type: 1, Line: "€\n" } },
    ]);
  });

  test("hands over what no newline ended at the end of its execution", () => {
    expect(framesOf([output("> "), output("bye", "stderr"), END, output("x\n"), END])).toEqual([
      { value: { Type: 1, Line: "> " } },
      { value: { Type: 2, Line: "bye" } },
      { value: { Type: 1, Line: "x\n" } },
    ]);
  });

  test("tells of errors, and whose each frame is where that is asked for", () => {
    const error: LogEntry = { kind: "error", executionId: "e-1", nodeId: "n", code: "x/y", message: "gone" };
    const origin = { ExecutionID: "e-1", NodeID: "n" };
    expect(framesOf([output("x"), error, END], true)).toEqual([
      { value: { Type: 1, Line: "x" }, origin },
      { value: { Type: 0, Line: "" }, error: "gone", origin },
    ]);
  });
});
