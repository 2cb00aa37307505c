import { expect, test } from "vitest";
import { engineFields } from "./engine-fields.ts";

test("engineFields() tells the facts of engines, and why others don't work, on a line each", () => {
  const fields = engineFields({
    Engines: [
      { Type: "wasm", Profiles: ["wasm/1"], Facts: {} },
      { Type: "docker", Profiles: ["docker/1"], Facts: { version: "28.1", disk: "not limited" } },
    ],
    UnavailableEngines: [{ Type: "gpu\u001b[2J", Reason: "no\ndriver" }],
  });
  expect(fields).toEqual([
    ["wasm", ""],
    ["docker", "version: 28.1; disk: not limited"],
    ["gpu [2J", "unavailable: no driver"],
  ]);
});

test("engineFields() has nothing to tell of an older node", () => {
  expect(engineFields({})).toEqual([]);
  expect(engineFields()).toEqual([]);
});
