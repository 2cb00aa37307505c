import type { ApiHistoryItem } from "@gadus/client";
import { expect, test } from "vitest";
import { PHASES, phasesOf } from "./docker-phases.ts";

const item = (ExecutionID: string, state: string, atMs: number) =>
  ({
    SeqNum: 1,
    ExecutionID,
    Event: { Topic: `execution/${state}`, Message: "" },
    Time: new Date(Date.parse("2026-01-01T00:00:00Z") + atMs).toISOString(),
  }) as ApiHistoryItem;

const winner = [
  item("e-2", "asked", 10),
  item("e-2", "offered", 30),
  item("e-2", "accepted", 35),
  item("e-2", "running", 45),
  item("e-2", "proposed", 345),
  item("e-2", "verified", 346),
  item("e-2", "published", 366),
];

test("phasesOf() parts the time of the execution that published; what is outside of it is the rest", () => {
  const history = [
    item("e-1", "asked", 0),
    item("e-1", "offered", 5),
    item("e-1", "rejected", 35),
    ...winner,
  ];
  const phases = phasesOf(history, 400);
  expect(phases).toEqual({
    biddingMs: 25,
    networkMs: 10,
    engineMs: 300,
    verdictMs: 1,
    publishingMs: 20,
    restMs: 44,
  });
  expect(PHASES.reduce((sum, { key }) => sum + phases[key], 0)).toBe(400);
});

test("phasesOf() refuses a history without such an execution, by what is missing", () => {
  expect(() => phasesOf([], 400)).toThrow(/nothing was asked/);
  const unheard = winner.filter(({ Event }) => Event.Topic !== "execution/running");
  expect(() => phasesOf(unheard, 400)).toThrow(/nothing was running/);
});
