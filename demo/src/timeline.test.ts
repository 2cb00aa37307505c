import { expect, test } from "vitest";
import { timelineOf } from "./timeline.ts";

function item(ExecutionID: string, Topic: string, atMs: number) {
  return {
    SeqNum: atMs,
    Type: ExecutionID === "" ? "JobLevel" : "ExecutionLevel",
    ExecutionID,
    Event: { Message: "", Topic },
    Time: new Date(1000 + atMs).toISOString(),
  };
}

test("timelineOf() gives each stage its first and last moment, in the order in which they began", () => {
  const history = [
    item("", "job/running", 1),
    item("a", "execution/asked", 2),
    item("b", "execution/asked", 4),
    item("b", "execution/offered", 9),
    item("a", "execution/offered", 7),
  ];
  expect(timelineOf(history, 1000)).toEqual([
    { state: "asked", firstMs: 2, lastMs: 4, executions: 2 },
    { state: "offered", firstMs: 7, lastMs: 9, executions: 2 },
  ]);
});
