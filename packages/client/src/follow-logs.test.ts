import { describe, expect, test } from "vitest";
import { ClientError } from "./client-error.ts";
import { followLogs, type OpenLogs } from "./follow-logs.ts";
import type { ApiLogFrame } from "./log-socket.ts";

const line = (Line: string, ExecutionID = "e-1", Type = 1): ApiLogFrame => ({
  value: { Type, Line },
  origin: { ExecutionID, NodeID: "n" },
});
const skipped = (Stdout: number, Stderr: number): ApiLogFrame => ({
  value: { Type: 0, Line: "" },
  origin: { ExecutionID: "e-1", NodeID: "n", Skipped: { Stdout, Stderr } },
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

  test("goes on where it was with logs that aren't followed, once any came", async () => {
    expect(await linesOf(opening([line("a"), gone], [line("a"), line("b")]), { follow: false })).toBe("ab");
    await expect(linesOf(opening([gone], [line("a")]), { follow: false })).rejects.toBe(gone);
  });

  test("goes on after a tail, by how many lines it left out, and asks for the tail no more", async () => {
    const tails: (number | undefined)[] = [];
    const answers = opening(
      [gone],
      [skipped(2, 0), line("3 "), line("e1 ", "e-1", 2), gone],
      ["1 ", "2 ", "3 ", "4 "].map((text) => line(text)).concat(line("e1 ", "e-1", 2), line("e2", "e-1", 2)),
    );
    const open: OpenLogs = (query, options) => {
      tails.push(query.tail);
      return answers(query, options);
    };
    expect(await linesOf(open, { follow: true, tail: 1 })).toBe("3 e1 4 e2");
    expect(tails).toEqual([1, 1, undefined]);
  });

  test("doesn't try again where the error is another", async () => {
    const other = new Error("no JSON");
    await expect(linesOf(opening([other], []), { follow: true })).rejects.toBe(other);
  });
});
