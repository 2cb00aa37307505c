import type { ApiHistoryItem } from "@gadus/client";
import { expect, test } from "vitest";
import { timelineOf } from "./timeline.ts";

function item(ExecutionID: string, Topic: string, atMs: number) {
  const Time = new Date(1000 + atMs).toISOString();
  const Event = { Message: `${Topic} at ${atMs}`, Topic };
  return { SeqNum: atMs, ExecutionID, Event, Time } as ApiHistoryItem;
}

test("timelineOf() gives each stage its first and last moment, in the order in which they began", () => {
  const history = [
    item("", "job/submitted", 1),
    item("a", "execution/asked", 2),
    item("b", "execution/asked", 4),
    item("b", "execution/offered", 9),
    item("a", "execution/offered", 7),
  ];
  expect(timelineOf(history, 1000)).toEqual([
    { topic: "job/submitted", firstMs: 1, lastMs: 1, executions: 0, message: "job/submitted at 1" },
    { topic: "execution/asked", firstMs: 2, lastMs: 4, executions: 2, message: "execution/asked at 2" },
    { topic: "execution/offered", firstMs: 7, lastMs: 9, executions: 2, message: "execution/offered at 9" },
  ]);
});
