import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { TIERS } from "./tiers.ts";

/** Tells in which tier a function is after each of two calls. */
const script = `
  const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 4, 1, 2, 0, 11];
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bytes))).exports;
  const tier = () => (f(), %IsLiftoffFunction(f) ? "baseline" : %IsTurboFanFunction(f) ? "optimising" : "neither");
  console.log(tier(), tier());
`;

test.each([
  ["default", "baseline baseline\n"],
  ["baseline", "baseline baseline\n"],
  ["optimising", "baseline optimising\n"],
  ["no-liftoff", "optimising optimising\n"],
])("the flags of tier %s have that effect on V8", (tier, expected) => {
  const flags = ["--no-liftoff", ...(TIERS[tier] ?? []), "--allow-natives-syntax"];
  const { stdout } = spawnSync(process.execPath, [...flags, "--eval", script], { encoding: "utf8" });
  expect(stdout).toBe(expected);
});

test("every tier is looked at", () => {
  expect(Object.keys(TIERS)).toEqual(["default", "baseline", "optimising", "no-liftoff"]);
});
