import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { MUTANTS } from "./mutants.ts";

test.each(MUTANTS)('mutant "$name" has its text once in what is compiled', async (mutant) => {
  for (const { module, from, to } of [mutant, ...(mutant.also ?? [])]) {
    const [folder, name] = module.split("/");
    const url = new URL(`../../${folder}/dist/${name}.js`, import.meta.url);
    const source = await readFile(url, "utf8");
    expect([module, source.split(from).length]).toEqual([module, 2]);
    expect(to).not.toBe(from);
  }
});
