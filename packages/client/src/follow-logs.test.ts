import { describe, expect, test } from "vitest";
import { ClientError } from "./client-error.ts";
import { followLogs, type OpenLogs } from "./follow-logs.ts";
import type { ApiLogFrame } from "./log-socket.ts";

const line = (Line: string, ExecutionID = "e-1", Type = 1): ApiLogFrame => ({
  value: { Type, Line },
  origin: { ExecutionID, NodeID: "n" },
});
const gone = new ClientError("client/unreachable", "the connection broke");

/** Answers with one of `answers` after the other. */
function opening(...answers: readonly (readonly (ApiLogFrame | Error)[])[]): OpenLogs {
  const rest = answers.values();
  return async function* () {
    for (const each of rest.next().value ?? []) {
      if (each instanceof Error) throw each;
      yield each;
    }
  };
}

async function linesOf(open: OpenLogs, query: { follow: boolean; tail?: number }): Promise<string> {
  let text = "";
  for await (const frame of followLogs(open, query, { signal: new AbortController().signal }))
    text += frame.value.Line;
  return text;
}

describe("followLogs()", () => {
  test("goes on where it was, whatever the order of the executions is this time", async () => {
    const first = [line("a1 "), line("b1 ", "e-2"), line("a2 "), gone];
    const second = [line("b1 ", "e-2"), gone];
    const third = [line("b1 ", "e-2"), line("b2 ", "e-2"), line("a1 "), line("a2 "), line("err", "e-1", 2)];
    expect(await linesOf(opening(first, second, third), { follow: true })).toBe("a1 b1 a2 b2 err");
  });

  test("doesn't try again where nothing is followed, after a tail, and where the error is another", async () => {
    const answers = [[line("a"), gone], [line("a")]];
    await expect(linesOf(opening(...answers), { follow: false })).rejects.toBe(gone);
    await expect(linesOf(opening(...answers), { follow: true, tail: 1 })).rejects.toBe(gone);
    const other = new Error("no JSON");
    await expect(linesOf(opening([other], []), { follow: true })).rejects.toBe(other);
  });
});
