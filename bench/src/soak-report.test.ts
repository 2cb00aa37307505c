import { expect, test } from "vitest";
import type { SoakReport } from "./run-soak.ts";
import { grownNodes, renderSoak } from "./soak-report.ts";

const MIB = 1024 ** 2;
const flat = {
  node: "flat",
  bytes: [100, 180, 200, 201, 230, 202, 203, 204, 205, 206].map((mib) => mib * MIB),
};
const grown = {
  node: "grown",
  bytes: [100, 180, 200, 210, 220, 230, 240, 250, 260, 270].map((mib) => mib * MIB),
};

test("memory that rises until caches are warm, or for a while, is flat; what is held at the end counts", () => {
  expect(grownNodes([flat, grown]).map(({ node }) => node)).toEqual(["grown"]);
});

test("a report counts jobs and acts, and names what was lost and what was wrong", () => {
  const report: SoakReport = {
    clients: 2,
    minutes: 0.5,
    submitted: 2,
    ends: new Map([
      ["Completed", 1],
      ["Failed", 1],
    ]),
    lost: ["j-1"],
    acts: new Map([["submit: right", 2]]),
    wrong: ["list: Cannot"],
    memory: [flat],
  };
  const text = renderSoak(report).join("\n");
  expect(text).toContain("2 clients, 0.5 minutes: 2 jobs submitted, 1 lost; 2 listed");
  expect(text).toContain("      2  submit: right");
  expect(text).toContain("  100  180  200");
  expect(text).toMatch(/lost: j-1\nwrong: list: Cannot$/);
});
