import type { ApiExecution } from "@gadus/client";
import { expect, test } from "vitest";
import { makeProgressCounter } from "./job-progress.ts";
import { makeLiveProgress } from "./live-progress.ts";
import type { Terminal } from "./terminal.ts";

function fakeTerminal(errIsTty: boolean): { terminal: Terminal; text: () => string } {
  let written = "";
  const raw = (text: string): void => {
    written += text;
  };
  const terminal: Terminal = {
    out: () => {},
    err: (line) => raw(`${line}\n`),
    raw,
    bytes: () => {},
    outIsTty: false,
    errIsTty,
    columns: 80,
    errColumns: 80,
    colour: false,
  };
  return { terminal, text: () => written };
}

const running = { ID: "1", ComputeState: { StateType: 6, Details: { State: "running" } } } as ApiExecution;

test("makeLiveProgress() writes a plain line for each change in a pipe", () => {
  const { terminal, text } = fakeTerminal(false);
  const live = makeLiveProgress(terminal);
  const count = makeProgressCounter();
  live.show(count([]), "");
  live.show(count([running]), "waiting: 1 of 2 bids");
  live.show(count([running]), "waiting: 1 of 2 bids");
  live.end();
  expect(text()).toBe("asked 1 · bids 1 · running 1 · waiting: 1 of 2 bids\n");
});

test("makeLiveProgress() wraps what a job waits for, and draws over all of it", () => {
  const { terminal, text } = fakeTerminal(true);
  const live = makeLiveProgress({ ...terminal, errColumns: 30 });
  live.show(makeProgressCounter()([]), "waiting: 0 of the 1 nodes needed can run it, of 4 known");
  expect(text()).toContain("waiting: 0 of the 1 nodes\nneeded can run it, of 4 known\n");
  live.show(makeProgressCounter()([]), "");
  expect(text()).toContain("\u001b[8A\u001b[J");
});

test("makeLiveProgress() draws over what it drew on a terminal", () => {
  const { terminal, text } = fakeTerminal(true);
  const live = makeLiveProgress(terminal);
  live.show(makeProgressCounter()([]), "waiting: 0 of 2 bids");
  expect(text()).not.toContain("\u001b[");
  live.show(makeProgressCounter()([running]), "");
  expect(text()).toContain("waiting: 0 of 2 bids\n\u001b[7A\u001b[J✓ asked");
  live.end();
  expect(text().endsWith("\n  published  0\n")).toBe(true);
});
