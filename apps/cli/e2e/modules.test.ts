import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compileModules, modulePath } from "./compile-modules.ts";

/** `GADUS_UPDATE_MODULES=1` writes them anew. */
test("each committed module is what its source compiles to", async () => {
  const compiled = await compileModules();
  if (process.env.GADUS_UPDATE_MODULES === "1") {
    for (const [name, bytes] of compiled) writeFileSync(modulePath(name), bytes);
  }
  const stale = [...compiled].filter(([name, bytes]) => !readFileSync(modulePath(name)).equals(bytes));
  expect(stale.map(([name]) => name)).toEqual([]);
});
