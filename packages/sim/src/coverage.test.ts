import { expect, test } from "vitest";
import { Coverage, HAPPENINGS } from "./coverage.ts";

test("Coverage names what didn't happen even once", () => {
  const coverage = new Coverage();
  coverage.hit("crash", 2);
  coverage.hit("power loss", 0);
  coverage.add({ crash: 1, "node left": 3 });
  expect(coverage.counts).toEqual({ crash: 3, "node left": 3 });
  expect(coverage.missing()).toEqual(HAPPENINGS.filter((each) => each !== "crash" && each !== "node left"));
  expect(coverage.toString()).toContain("3 crash, 0 silent crash");
});
